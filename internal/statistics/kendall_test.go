package statistics

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestKendall(t *testing.T) {
	for name, c := range map[string]struct {
		x, y []float64
		tau  float64
	}{
		"equal":    {[]float64{1, 2, 3, 4}, []float64{10, 20, 30, 40}, 1},
		"opposite": {[]float64{1, 2, 3, 4}, []float64{4, 3, 2, 1}, -1},
		"one swap": {[]float64{1, 2, 3, 4}, []float64{1, 3, 2, 4}, 4. / 6},
		// This is the example of scipy.stats.kendalltau.
		"ties": {[]float64{12, 2, 1, 12, 2}, []float64{1, 4, 7, 1, 0}, -0.47140452079103173},
	} {
		got, ok := Kendall(c.x, c.y)
		if !ok || math.Abs(got.Tau-c.tau) > 1e-12 || got.N != len(c.x) {
			t.Errorf("%s: %+v %v, want τ = %v", name, got, ok, c.tau)
		}
		if !(got.Low <= got.Tau && got.Tau <= got.High) || got.Low < -1 || got.High > 1 || got.High-got.Low < 0.5 {
			t.Errorf("%s: interval %v to %v of four or five things", name, got.Low, got.High)
		}
	}
	for _, none := range [][2][]float64{{nil, nil}, {{1}, {2}}, {{1, 1, 1}, {1, 2, 3}}, {{1, 2}, {5, 5}}} {
		if got, ok := Kendall(none[0], none[1]); ok {
			t.Errorf("%v: %+v, want nothing", none, got)
		}
	}
}

// The interval holds the τ of a bivariate normal distribution, (2/π)·asin ρ, in at least 95 % of samples.
func TestKendallIntervalCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{4, 8, 30} {
		for _, rho := range []float64{0, 0.5, 0.9} {
			const samples = 2000
			want, held := 2/math.Pi*math.Asin(rho), 0
			for range samples {
				x, y := make([]float64, n), make([]float64, n)
				for i := range x {
					x[i] = r.NormFloat64()
					y[i] = rho*x[i] + math.Sqrt(1-rho*rho)*r.NormFloat64()
				}
				if c, _ := Kendall(x, y); c.Low <= want && want <= c.High {
					held++
				}
			}
			if held < samples*95/100 {
				t.Errorf("n = %d, ρ = %v: %d of %d intervals hold τ", n, rho, held, samples)
			}
		}
	}
}

// Hand-computed: of four things three pairs are alike in z. Two of these agree, and one does not.
func TestKendallAlike(t *testing.T) {
	x, y, z := []float64{1, 2, 3, 9}, []float64{1, 3, 2, 0}, []float64{100, 101, 102, 200}
	if tau, pairs, ok := KendallAlike(x, y, z, 0.03); !ok || pairs != 3 || math.Abs(tau-1./3) > 1e-12 {
		t.Errorf("τ = %v of %d pairs, %v", tau, pairs, ok)
	}
	all, _ := Kendall(x, y)
	if tau, pairs, ok := KendallAlike(x, y, z, 1); !ok || pairs != 6 || math.Abs(tau-all.Tau) > 1e-12 {
		t.Errorf("of all pairs τ = %v of %d, %v, want %v", tau, pairs, ok, all.Tau)
	}
	if tau, pairs, ok := KendallAlike(x, y, []float64{1, 2, 4, 8}, 0.03); ok || pairs != 0 {
		t.Errorf("of no pairs τ = %v of %d", tau, pairs)
	}
}
