package fitness

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/evolve/space"
	"github.com/nse-dev/nse/internal/random"
)

// product is the probability of a configuration under independent Bernoulli(p), the definition in eq. 4.
func product(theta []float64, smoothing float64, m Configuration) float64 {
	product := 1.0
	for i, t := range theta {
		p := (1-smoothing)/(1+math.Exp(-t)) + smoothing/2
		if m>>i&1 == 0 {
			p = 1 - p
		}
		product *= p
	}
	return product
}

// allowed lists the configurations that a layer allows.
func allowed(n int, normal, single bool) []Configuration {
	var list []Configuration
	for m := Configuration(0); m < 1<<n; m++ {
		several := m&(m-1) != 0
		if (m != 0 || normal) && !(single && several) {
			list = append(list, m)
		}
	}
	return list
}

var thetaCases = []struct {
	name           string
	theta          []float64
	smoothing      float64
	normal, single bool
}{
	{"normal", []float64{0.5, -1, 2}, 0, true, false},
	{"reduction", []float64{-2, -3, -1}, 0, false, false},
	{"reduction of two", []float64{-4, 1}, 0.1, false, false},
	{"normal of one", []float64{1.5}, 0, true, false},
	{"single-branch normal", []float64{0.5, -1, 1}, 0, true, true},
	{"single-branch reduction", []float64{0.5, -1, 1}, 0.2, false, true},
}

// Draws have the probabilities of the product, restricted to what is allowed; b of a pair those without a.
func TestDrawsFollowTheDistribution(t *testing.T) {
	const draws = 40000
	for _, test := range thetaCases {
		t.Run(test.name, func(t *testing.T) {
			ops := make(space.Path, len(test.theta))
			c := NewDistribution(ops, test.theta, test.smoothing, test.normal, test.single)
			list := allowed(len(test.theta), test.normal, test.single)
			total := 0.0
			for _, m := range list {
				total += product(test.theta, test.smoothing, m)
			}
			p := func(m Configuration) float64 { return product(test.theta, test.smoothing, m) / total }
			r := random.New(1, t.Name(), 0, 0, 0)
			seenA, seenB := map[Configuration]int{}, map[Configuration]int{}
			for range draws {
				a, b := c.DrawPair(r)
				if a == b {
					t.Fatalf("pair of equal configurations %b", a)
				}
				seenA[a]++
				seenB[b]++
			}
			for _, m := range list {
				second := 0.0
				for _, a := range list {
					if a != m {
						second += p(a) * p(m) / (1 - p(a))
					}
				}
				near(t, "a", m, seenA[m], draws, p(m))
				near(t, "b", m, seenB[m], draws, second)
				delete(seenA, m)
				delete(seenB, m)
			}
			if len(seenA)+len(seenB) != 0 {
				t.Errorf("configurations that are not allowed: %v %v", seenA, seenB)
			}
		})
	}
}

func near(t *testing.T, what string, m Configuration, seen, draws int, p float64) {
	t.Helper()
	if got, slack := float64(seen)/float64(draws), 5*math.Sqrt(p*(1-p)/float64(draws)); math.Abs(got-p) > slack {
		t.Errorf("%s = %b in %.4f of the draws, want %.4f ± %.4f", what, m, got, p, slack)
	}
}

// However far out θ is, a pair is distinct and allowed, and drawing it ends.
func TestPairsAreDistinctAndAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		theta := rapid.SliceOfN(rapid.Float64Range(-800, 800), 1, 7).Draw(t, "theta")
		normal, single := rapid.Bool().Draw(t, "normal"), rapid.Bool().Draw(t, "single")
		c := NewDistribution(make(space.Path, len(theta)), theta, 0, normal, single)
		list := allowed(len(theta), normal, single)
		a, b := c.DrawPair(random.New(rapid.Uint64().Draw(t, "seed"), "pair", 0, 0, 0))
		if c.free() != (len(list) > 1) || (a != b) != c.free() {
			t.Fatalf("a = %b, b = %b of %d configurations, free = %v", a, b, len(list), c.free())
		}
		for _, m := range []Configuration{a, b} {
			if m == 0 && !normal || single && m&(m-1) != 0 || m>>len(theta) != 0 {
				t.Fatalf("configuration %b is not allowed", m)
			}
		}
	})
}

// The probability is the product of eq. 4, and the stable form that the search uses is its rescaling.
func TestRescaledIsTheRatioOfProducts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		theta := rapid.SliceOfN(rapid.Float64Range(-5, 5), 1, 6).Draw(t, "theta")
		smoothing := rapid.SampledFrom([]float64{0, 1e-3, 0.3}).Draw(t, "smoothing")
		configuration := rapid.Custom(func(t *rapid.T) Configuration {
			return Configuration(rapid.IntRange(0, 1<<len(theta)-1).Draw(t, "bits"))
		})
		a, b := configuration.Draw(t, "a"), configuration.Draw(t, "b")
		d := NewDistribution(make(space.Path, len(theta)), theta, smoothing, true, false)
		pa, pb := d.probability(a), d.probability(b)
		for m, p := range map[Configuration]float64{a: pa, b: pb} {
			if want := product(theta, smoothing, m); math.Abs(p-want) > 1e-12*want {
				t.Fatalf("probability of %b at %v is %v, want %v", m, theta, p, want)
			}
		}
		if got, want := d.rescaled(a, b), pa/(pa+pb); math.Abs(got-want) > 1e-12 {
			t.Fatalf("p̃ of %b beside %b at %v is %v, want %v", a, b, theta, got, want)
		}
	})
}

// Training paths are uniform: every allowed configuration is as likely as any other (3.2.2).
func TestTrainingPathsAreUniform(t *testing.T) {
	const draws = 20000
	for _, test := range thetaCases {
		list := allowed(len(test.theta), test.normal, test.single)
		c := Uniform(make(space.Path, len(test.theta)), test.normal, test.single)
		r, seen := random.New(1, test.name, 0, 0, 0), map[Configuration]int{}
		for range draws {
			seen[c.Draw(r)]++
		}
		for _, m := range list {
			near(t, test.name, m, seen[m], draws, 1/float64(len(list)))
		}
	}
}

// The marginals are those of a full enumeration.
func TestMarginalsAgainstEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "n")
		theta := rapid.SliceOfN(rapid.Float64Range(-5, 5), n, n).Draw(t, "theta")
		ops := space.Path{3, 5, 8, 13, 21}[:n]
		normal, single := rapid.Bool().Draw(t, "normal"), rapid.Bool().Draw(t, "single")
		d := NewDistribution(ops, theta, 0, normal, single)
		total, want := 0.0, make([]float64, n)
		for _, m := range allowed(n, normal, single) {
			p := d.probability(m)
			total += p
			for i := range want {
				want[i] += p * float64(bit(m, i))
			}
		}
		for i, p := range d.marginals() {
			if math.Abs(p-want[i]/total) > 1e-12 {
				t.Fatalf("operation %d has %v, want %v", i, p, want[i]/total)
			}
		}
	})
}
