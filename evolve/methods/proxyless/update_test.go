package proxyless

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestGateGradientByHand(t *testing.T) {
	// p̂ is 1/4 for choice 1 and 3/4 for choice 2. Their mean gradient is 8/4 + 4·3/4 = 5.
	g := []float64{1, 1, 1}
	gateGradient(g, []float64{9, 0, math.Log(3)}, pair{1, 2}, 8, 4)
	if !near(g[0], 1) || !near(g[1], 1+0.25*3) || !near(g[2], 1-0.75) {
		t.Errorf("gradient %v, want 1, 1.75, 0.25", g)
	}
	gateGradient(g, []float64{9, 0, 0}, pair{2, 2}, 8, 4)
	if !near(g[2], 0.25) {
		t.Errorf("gradient %v after a layer with one choice, want it as it was", g)
	}
}

func TestResourceByHand(t *testing.T) {
	p := evolve.Problem{Normal: []bool{true, false}, Fixed: 1, Pool: []evolve.Candidate{
		{Cost: []float64{4, 2}}, {Cost: []float64{8, 6}}}}
	choices := [][]evolve.Path{{{}, {0}, {1}}, {{0}, {1}}}
	// Expected: 1 + (4/4 + 8/2) + (2/2 + 6/2) = 10. At τ = 8 and λ = 0.4 a unit of cost weighs 0.05.
	term, expected, g := resource(p, 8, 0.4, choices, [][]float64{{0.25, 0.25, 0.5}, {0.5, 0.5}})
	if !near(term, 0.1) || !near(expected, 10) {
		t.Errorf("term %v of an expected cost of %v, want 0.1 of 10", term, expected)
	}
	want := [][]float64{{0.25 * -5 * 0.05, 0.25 * -1 * 0.05, 0.5 * 3 * 0.05}, {0.5 * -2 * 0.05, 0.5 * 2 * 0.05}}
	for l := range want {
		if !slices.EqualFunc(g[l], want[l], near) {
			t.Errorf("layer %d: gradient %v, want %v", l, g[l], want[l])
		}
	}
}

func TestRescaleByHand(t *testing.T) {
	// Before, e^α sum up to 1 + 3; after, to 2 + 6. Both are halved.
	after := []float64{7, math.Log(2), math.Log(6)}
	rescale(after, []float64{5, 0, math.Log(3)}, pair{1, 2})
	if !near(after[0], 7) || !near(after[1], 0) || !near(after[2], math.Log(3)) {
		t.Errorf("α %v, want 7, 0, log 3", after)
	}
}

// Pairs are drawn without putting the first choice back, and which one is on follows the softmax of the two.
func TestPairsFollowTheProbabilities(t *testing.T) {
	p := []float64{0.1, 0, 0.3, 0.6}
	r := rand.New(rand.NewPCG(1, 2))
	const n = 200_000
	counts := map[pair]float64{}
	for range n {
		counts[drawPair(r, p)]++
	}
	for a := range p {
		for b := range p {
			want := 0.0
			if a != b && p[a]*p[b] > 0 {
				together := p[a]*p[b]/(1-p[a]) + p[b]*p[a]/(1-p[b])
				want = together * p[a] / (p[a] + p[b])
			}
			if got := counts[pair{a, b}] / n; math.Abs(got-want) > 0.004 {
				t.Errorf("choice %d on and %d off: %.4f of the draws, want %.4f", a, b, got, want)
			}
		}
	}
	if got := drawPair(r, []float64{0, 1}); got != (pair{1, 1}) {
		t.Errorf("pair %v of one possible choice, want it twice", got)
	}
}
