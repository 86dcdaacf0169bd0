package statistics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// Student's sleep data (Biometrika 6, 1908): the paired interval that textbooks and R's t.test give.
func TestMeanOfPairs(t *testing.T) {
	first := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2}
	second := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	mean, i, ok := Mean(Differences(first, second))
	near(t, "mean", mean, -1.58, 1e-12)
	near(t, "low", i.Low, -2.4598858, 1e-7)
	near(t, "high", i.High, -0.7001142, 1e-7)
	if !ok {
		t.Error("ten pairs give no interval")
	}
	if mean, _, ok := Mean([]float64{4}); mean != 4 || ok {
		t.Errorf("one number: mean %v, interval %v", mean, ok)
	}
	if mean, _, ok := Mean(nil); mean != 0 || ok {
		t.Errorf("no number: mean %v, interval %v", mean, ok)
	}
}

func TestBootstrapTNeedsNumbersThatDiffer(t *testing.T) {
	for _, x := range [][]float64{nil, {1}, {1, 2}, {1, 2, 3}, {0, 0, 0, 0, 1}} {
		if i, ok := BootstrapT(x, 1); ok {
			t.Errorf("%v: %v", x, i)
		}
	}
	if i, ok := BootstrapT([]float64{2, 2, 2}, 1); !ok || i != (Interval{2, 2}) {
		t.Errorf("equal numbers: %v, %v", i, ok)
	}
	x := []float64{0.31, 1.02, 2.47, 3.9, 4.13, 4.4, 6.01, 7.7}
	a, ok := BootstrapT(x, 1)
	b, _ := BootstrapT(x, 1)
	c, _ := BootstrapT(x, 2)
	if !ok || a != b || a == c || !(a.Low < 3.7 && 3.7 < a.High) {
		t.Errorf("%v, again %v, with another seed %v", a, b, c)
	}
}

// For 5 to 8 numbers the studentised bootstrap and Student's interval hold the mean in about 95 % of cases, and the
// percentiles of resampled means in far fewer: 83 to 90 %.
func TestCoverage(t *testing.T) {
	const samples = 500
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{5, 6, 7, 8} {
		var student, studentised, percentile float64
		for s := range samples {
			x := make([]float64, n)
			for i := range x {
				x[i] = r.NormFloat64()
			}
			holds := func(i Interval, ok bool) float64 {
				if ok && i.Low <= 0 && 0 <= i.High {
					return 100. / samples
				}
				return 0
			}
			_, i, ok := Mean(x)
			student += holds(i, ok)
			studentised += holds(BootstrapT(x, uint64(s)))
			percentile += holds(percentiles(x, r), true)
		}
		t.Logf("n = %d: Student %.1f %%, studentised %.1f %%, percentiles %.1f %%", n, student, studentised, percentile)
		if student < 93 || student > 97 || studentised < 92.5 || studentised > 98 || percentile > 91 {
			t.Errorf("n = %d: Student %.1f %%, studentised %.1f %%, percentiles %.1f %%", n, student, studentised,
				percentile)
		}
	}
}

// percentiles is the interval that is not to be used: 2.5 and 97.5 % of the means of resamples.
func percentiles(x []float64, r *rand.Rand) Interval {
	means, again := make([]float64, 999), make([]float64, len(x))
	for d := range means {
		for j := range again {
			again[j] = x[r.IntN(len(x))]
		}
		means[d] = stat.Mean(again, nil)
	}
	slices.Sort(means)
	return Interval{means[24], means[974]}
}

// Table 6 of Demšar (2006): AUC of C4.5, with m, with cf and with both on 14 data sets. The paper has the mean ranks,
// χ² = 9.28, F = 3.69 and the critical difference 1.25. The two 0.975 of its voting rank 2 and 3.
func TestRankOfThePaper(t *testing.T) {
	values := [][]float64{{0.763, 0.768, 0.771, 0.798}, {0.599, 0.591, 0.590, 0.569}, {0.954, 0.971, 0.968, 0.967},
		{0.628, 0.661, 0.654, 0.657}, {0.882, 0.888, 0.886, 0.898}, {0.936, 0.931, 0.916, 0.931},
		{0.661, 0.668, 0.609, 0.685}, {0.583, 0.583, 0.563, 0.625}, {0.775, 0.838, 0.866, 0.875}, {1, 1, 1, 1},
		{0.940, 0.962, 0.965, 0.962}, {0.619, 0.666, 0.614, 0.669}, {0.972, 0.981, 0.9752, 0.975},
		{0.957, 0.978, 0.946, 0.970}}
	r, ok := Rank(values)
	if !ok {
		t.Fatal("no ranks")
	}
	for m, want := range []float64{3.143, 2, 2.893, 1.964} {
		near(t, "mean rank", r.Ranks[m], want, 5e-4)
	}
	const ties = 1 - (6.+6+60+6)/(14*4*15) // the paper's χ² does not correct for them
	near(t, "χ²", r.Friedman*ties, 9.28, 5e-3)
	near(t, "critical difference", r.Difference, 1.25, 5e-3)
	near(t, "p", r.P, 0.0117, 4e-3) // F = 4.17 with 3 and 39 degrees of freedom, 3.69 without correction for ties
}

// Hand-computed: three methods, two blocks, the first with a tie.
func TestRankByHand(t *testing.T) {
	r, ok := Rank([][]float64{{5, 5, 1}, {9, 8, 7}})
	if !ok || !slices.Equal(r.Ranks, []float64{1.25, 1.75, 3}) {
		t.Fatalf("%+v, %v", r, ok)
	}
	// Σ(R − 2)² = 0.5625 + 0.0625 + 1; 12·2/(3·4)·1.625 = 3.25; a tie of two is 6 of 2·3·8 = 48, so 3.25/(42/48).
	near(t, "χ²", r.Friedman, 3.25*48/42, 1e-12)
	near(t, "critical difference", r.Difference, 2.343701, 1e-9) // √(3·4/(6·2)) = 1
	if r, ok := Rank([][]float64{{1, 1}, {2, 2}}); !ok || r.P != 1 || r.Friedman != 0 {
		t.Errorf("all alike: %+v, %v", r, ok)
	}
	r, ok = Rank([][]float64{{1, 2, 3}, {1, 2, 3}, {1, 2, 3}})
	if !ok || !slices.Equal(r.Ranks, []float64{3, 2, 1}) {
		t.Errorf("equal blocks: %+v, %v", r, ok)
	}
	near(t, "p", r.P, 1./36, 4e-3) // 6 of 6³ ways; Friedman's own table has 0.028
	r, _ = Rank([][]float64{{3, 2, 1}, {3, 2, 1}, {3, 2, 1}, {3, 1, 2}})
	near(t, "χ²", r.Friedman, 6.5, 1e-12)
	near(t, "p", r.P, 0.042, 6e-3) // of the same table
	for _, none := range [][][]float64{nil, {{1, 2}}, {{1}, {2}}, {make([]float64, 21), make([]float64, 21)}} {
		if _, ok := Rank(none); ok {
			t.Errorf("%v has ranks", none)
		}
	}
}

// The table of q is what its definition says: the range of k normal numbers is below q·√2 in 95 % of cases.
func TestNemenyiTable(t *testing.T) {
	density := func(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }
	below := func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
	for i, q := range nemenyi {
		k, sum := float64(i+2), 0.
		const step = 1e-3
		for z := -8.; z < 8; z += step {
			sum += k * density(z) * math.Pow(below(z)-below(z-q*math.Sqrt2), k-1) * step
		}
		near(t, "level", sum, 0.95, 2e-5)
	}
}

func TestPartial(t *testing.T) {
	// The definition: the correlation of what lines in z leave of x and y.
	x := []float64{1, 2, 3, 4, 5, 6, 7}
	z := []float64{2, 1, 4, 3, 6, 5, 8}
	y := []float64{1, 3, 2, 5, 4, 7, 6}
	p, ok := PartialOf(x, y, z)
	residual := func(v []float64) []float64 {
		alpha, beta := stat.LinearRegression(z, v, nil, false)
		out := make([]float64, len(v))
		for i := range v {
			out[i] = v[i] - alpha - beta*z[i]
		}
		return out
	}
	want := stat.Correlation(residual(x), residual(y), nil)
	near(t, "r", p.R, want, 1e-12)
	near(t, "low", p.Low, math.Tanh(math.Atanh(want)-1.959964/math.Sqrt(3)), 1e-6)
	near(t, "high", p.High, math.Tanh(math.Atanh(want)+1.959964/math.Sqrt(3)), 1e-6)
	if !ok || p.N != 7 {
		t.Errorf("%+v, %v", p, ok)
	}
	if _, ok := PartialOf(x, y, x); ok {
		t.Error("a correlation given itself")
	}
	if _, ok := PartialOf(x, y, make([]float64, 7)); ok {
		t.Error("a correlation given a constant")
	}
	if _, ok := PartialOf(x[:4], y[:4], z[:4]); ok {
		t.Error("a correlation of four")
	}
}

// Fisher's intervals of τ and of the partial correlation hold the truth in about 95 % of cases.
func TestFisherCovers(t *testing.T) {
	const samples, n, rho = 2000, 12, 0.5
	r := rand.New(rand.NewPCG(5, 6))
	tau, partial := 0, 0
	for range samples {
		x, y, z := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range x {
			a := r.NormFloat64()
			b := rho*a + math.Sqrt(1-rho*rho)*r.NormFloat64()
			z[i] = r.NormFloat64()
			x[i], y[i] = a, b
		}
		c, _ := Kendall(x, y)
		if i, ok := c.Fisher(); ok && i.Low <= 1./3 && 1./3 <= i.High { // (2/π)·asin ½
			tau++
		}
		for i := range x { // what z adds to both is taken away again
			x[i], y[i] = x[i]+2*z[i], y[i]-3*z[i]
		}
		if p, ok := PartialOf(x, y, z); ok && p.Low <= rho && rho <= p.High {
			partial++
		}
	}
	for what, held := range map[string]int{"τ": tau, "partial correlation": partial} {
		if part := float64(held) / samples; part < 0.93 || part > 0.98 {
			t.Errorf("%s: %.3f of the intervals hold it", what, part)
		}
	}
	if _, ok := (Correlation{N: 9}).Fisher(); ok {
		t.Error("nine have an interval")
	}
}

func TestDistributions(t *testing.T) {
	x, y := []float64{3, 1, 2, 2}, []float64{2.5, 2.5, 4, 5}
	want := []Step{{1, 0.25}, {2, 0.75}, {3, 1}}
	if got := Distribution(x); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	distance, critical := Apart(x, y)
	near(t, "distance", distance, 0.75, 1e-12) // at 2: 0.75 and 0
	near(t, "critical distance", critical, 1.3581/math.Sqrt2, 1e-4)
	near(t, "band of 100", Band(100), 0.13581, 1e-5)
	if Band(0) != 1 || Band(1) != 1 {
		t.Error("a band is wider than all")
	}
	if d, c := Apart(nil, x); d != 0 || c != 1 {
		t.Errorf("nothing is %v apart, critical %v", d, c)
	}
}
