package evolve

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// mask is a configuration of one layer: bit i selects the i-th of its remaining operations.
type mask uint64

// maxBranches is the largest number of operations in a layer's subset: a mask's bits.
const maxBranches = 64

// choice is the distribution over the configurations of one layer: the product of Bernoulli(p) over its operations,
// restricted to the configurations that the layer allows. Single-branch layers allow at most one operation, so that
// the restricted product gives operation i the weight p_i/(1−p_i) and the identity path 1: a softmax over the logits.
type choice struct {
	ops     Path
	on, off []float64 // p and 1−p of each operation, both above 0
	slope   []float64 // derivative of the logit log(p/(1−p)) with respect to θ
	normal  bool      // the empty configuration is allowed
	single  bool      // at most one operation
}

// leastProbability keeps what is left of a distribution above 0 when θ is far out.
const leastProbability = 1e-30

// newChoice is the distribution at θ, with p = (1−s)·sigmoid(θ) + s/2.
func newChoice(ops Path, theta []float64, s float64, normal, single bool) choice {
	c := choice{ops, make([]float64, len(ops)), make([]float64, len(ops)), make([]float64, len(ops)), normal, single}
	for i, t := range theta {
		c.on[i] = max((1-s)*sigmoid(t)+s/2, leastProbability)
		c.off[i] = max((1-s)*sigmoid(-t)+s/2, leastProbability)
		c.slope[i] = (1 - s) * sigmoid(t) * sigmoid(-t) / (c.on[i] * c.off[i])
	}
	return c
}

// uniformChoice gives every configuration the same probability (3.2.2).
func uniformChoice(ops Path, normal, single bool) choice {
	return newChoice(ops, make([]float64, len(ops)), 0, normal, single)
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// free reports whether there are two configurations to choose from.
func (c choice) free() bool {
	n := len(c.ops)
	return n > 1 || (n == 1 && c.normal)
}

// draw draws a configuration.
func (c choice) draw(r *rand.Rand) mask { return c.drawWithout(r, c.disallowed()) }

// drawPair draws two distinct configurations, b from what a leaves of the distribution; of a layer that is not free
// both are the only one that there is.
func (c choice) drawPair(r *rand.Rand) (a, b mask) {
	a = c.draw(r)
	if !c.free() {
		return a, a
	}
	return a, c.drawWithout(r, c.disallowed().with(a))
}

func (c choice) disallowed() forbidden {
	if c.normal || len(c.ops) == 0 {
		return forbidden{}
	}
	return forbidden{}.with(0)
}

func (c choice) drawWithout(r *rand.Rand, f forbidden) mask {
	if c.single {
		return c.drawSingle(r, f)
	}
	return c.drawProduct(r, f)
}

// drawProduct decides operation by operation, each with the probability that it has among the configurations that
// are not forbidden. It needs no rejection, however little probability they have.
func (c choice) drawProduct(r *rand.Rand, f forbidden) mask {
	var m mask
	for i := range c.ops {
		if f.n == 0 {
			if r.Float64()*(c.on[i]+c.off[i]) < c.on[i] {
				m |= 1 << i
			}
			continue
		}
		with, without := f.where(i, 1), f.where(i, 0)
		on, off := c.on[i]*c.mass(i+1, with), c.off[i]*c.mass(i+1, without)
		if r.Float64()*(on+off) < on {
			m |= 1 << i
			f = with
		} else {
			f = without
		}
	}
	return m
}

// mass is the probability, over the operations from i on, of the configurations that are not forbidden. All terms
// are positive, so that it is accurate even if it is tiny.
func (c choice) mass(i int, f forbidden) float64 {
	if f.n == 0 {
		return 1
	}
	if i == len(c.ops) {
		return 0
	}
	return c.on[i]*c.mass(i+1, f.where(i, 1)) + c.off[i]*c.mass(i+1, f.where(i, 0))
}

// drawSingle draws one operation, or none in a normal layer.
func (c choice) drawSingle(r *rand.Rand, f forbidden) mask {
	total := 0.0
	for i := -1; i < len(c.ops); i++ {
		total += c.weight(i, f)
	}
	var last mask
	u := r.Float64() * total
	for i := -1; i < len(c.ops); i++ {
		if w := c.weight(i, f); w > 0 {
			last = alone(i)
			if u < w {
				return last
			}
			u -= w
		}
	}
	return last
}

// weight of operation i alone, or of the identity path alone for i = −1, in a single-branch layer.
func (c choice) weight(i int, f forbidden) float64 {
	switch {
	case f.has(alone(i)):
		return 0
	case i < 0:
		return 1
	}
	return c.on[i] / c.off[i]
}

// alone is the configuration of operation i alone; the empty one for −1.
func alone(i int) mask {
	if i < 0 {
		return 0
	}
	return 1 << i
}

// share is p̃_a of two configurations: eq. 4, rescaled to p̃_a + p̃_b = 1. What both share cancels.
func (c choice) share(a, b mask) float64 {
	logit := 0.0
	for i := range c.ops {
		logit += float64(bit(a, i)-bit(b, i)) * (math.Log(c.on[i]) - math.Log(c.off[i]))
	}
	return sigmoid(logit)
}

// path lists the operations of a configuration.
func (c choice) path(m mask) Path {
	path := make(Path, 0, bits.OnesCount64(uint64(m)))
	for i, op := range c.ops {
		if bit(m, i) == 1 {
			path = append(path, op)
		}
	}
	return path
}

// cost is C(e) of a configuration at layer l in eq. 5.
func (c choice) cost(m mask, l int, pool []Candidate) float64 {
	cost := 0.0
	for i, op := range c.ops {
		if bit(m, i) == 1 {
			cost += pool[op].Cost[l]
		}
	}
	return cost
}

// mask is the configuration that selects a path's operations.
func (c choice) mask(path Path) mask {
	var m mask
	for i, op := range c.ops {
		if slices.Contains(path, op) {
			m |= 1 << i
		}
	}
	return m
}

func bit(m mask, i int) int { return int(m >> i & 1) }

// forbidden is a set of at most two configurations.
type forbidden struct {
	masks [2]mask
	n     int
}

func (f forbidden) with(m mask) forbidden {
	f.masks[f.n] = m
	f.n++
	return f
}

func (f forbidden) has(m mask) bool {
	return f.n > 0 && f.masks[0] == m || f.n > 1 && f.masks[1] == m
}

// where keeps those whose bit i is v.
func (f forbidden) where(i, v int) forbidden {
	var kept forbidden
	for _, m := range f.masks[:f.n] {
		if bit(m, i) == v {
			kept = kept.with(m)
		}
	}
	return kept
}
