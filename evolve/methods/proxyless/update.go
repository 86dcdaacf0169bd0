package proxyless

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/relaxation"
)

// pair is two choices of a layer, drawn for an update of α. The first is the one that the network computes.
type pair struct{ on, off int }

// drawChoice draws a choice by its probability.
func drawChoice(r *rand.Rand, p []float64) int {
	last := 0
	u := r.Float64()
	for i, v := range p {
		if v > 0 {
			if last = i; u < v {
				break
			}
			u -= v
		}
	}
	return last
}

// drawPair draws two distinct choices by p, without putting the first one back, and then which of them is on: by their
// own softmax p̂. A layer of one possible choice has it twice.
func drawPair(r *rand.Rand, p []float64) pair {
	first := drawChoice(r, p)
	rest := slices.Clone(p)
	rest[first] = 0
	sum := 0.0
	for _, v := range rest {
		sum += v
	}
	if sum == 0 {
		return pair{first, first}
	}
	for i := range rest {
		rest[i] /= sum
	}
	second := drawChoice(r, rest)
	if r.Float64()*(p[first]+p[second]) < p[first] {
		return pair{first, second}
	}
	return pair{second, first}
}

// gateGradient adds to g the gradient of the loss by α of a pair, from those by the gates of its two choices, with p̂
// the softmax of the two:
//
//	∂L/∂α_i = Σ_j ∂L/∂g_j · p̂_j·(δ_ij − p̂_i)
func gateGradient(g, alpha []float64, c pair, on, off float64) {
	if c.on == c.off {
		return
	}
	two := relaxation.Through(relaxation.Softmax([]float64{alpha[c.on], alpha[c.off]}), []float64{on, off})
	g[c.on] += two[0]
	g[c.off] += two[1]
}

// resource is λ·(E[cost] − τ)/τ, the expected cost E[cost] over the softmax of every layer, and its gradient by α.
func resource(
	p evolve.Problem, tau, lambda float64, choices [][]evolve.Path, probabilities [][]float64,
) (term, expected float64, gradient [][]float64) {
	expected, gradient = relaxation.ExpectedCost(p, choices, probabilities)
	for l, costs := range gradient {
		for i := range costs {
			costs[i] *= lambda / tau
		}
		gradient[l] = relaxation.Through(probabilities[l], costs)
	}
	return lambda * (expected - tau) / tau, expected, gradient
}

// rescale moves both α of a pair by the same amount, so that the sum of their exponentials is what it was before. So
// the probabilities of all other choices stay.
func rescale(after, before []float64, c pair) {
	if c.on == c.off {
		return
	}
	offset := logSum(after[c.on], after[c.off]) - logSum(before[c.on], before[c.off])
	after[c.on] -= offset
	after[c.off] -= offset
}

// logSum is log(e^a + e^b).
func logSum(a, b float64) float64 {
	return max(a, b) + math.Log1p(math.Exp(-math.Abs(a-b)))
}
