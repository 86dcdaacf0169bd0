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

// distribution is that over the configurations of one layer: the product of Bernoulli(p) over its operations (eq. 4),
// restricted to the configurations that the layer allows. A single-branch layer allows at most one operation. The
// restricted product then gives operation i the weight p_i/(1−p_i) and the identity path 1: a softmax over the logits.
type distribution struct {
	ops     Path
	on, off []float64 // p and 1−p of each operation, both above 0
	slope   []float64 // derivative of the logit log(p/(1−p)) with respect to θ
	normal  bool      // the empty configuration is allowed
	single  bool      // at most one operation
}

// leastProbability keeps what is left of a distribution above 0 when θ is far out.
const leastProbability = 1e-30

// newDistribution is the distribution at θ, with p = (1−s)·sigmoid(θ) + s/2. theta has the order of ops.
func newDistribution(ops Path, theta []float64, s float64, normal, single bool) distribution {
	n := len(ops)
	d := distribution{ops, make([]float64, n), make([]float64, n), make([]float64, n), normal, single}
	for i, t := range theta {
		d.on[i] = max((1-s)*sigmoid(t)+s/2, leastProbability)
		d.off[i] = max((1-s)*sigmoid(-t)+s/2, leastProbability)
		d.slope[i] = (1 - s) * sigmoid(t) * sigmoid(-t) / (d.on[i] * d.off[i])
	}
	return d
}

// uniform gives every configuration that the layer allows the same probability (3.2.2).
func uniform(ops Path, normal, single bool) distribution {
	return newDistribution(ops, make([]float64, len(ops)), 0, normal, single)
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// free reports whether there are two configurations to choose from.
func (d distribution) free() bool {
	n := len(d.ops)
	return n > 1 || (n == 1 && d.normal)
}

// draw draws a configuration.
func (d distribution) draw(r *rand.Rand) mask { return d.drawWithout(r, d.disallowed()) }

// drawPair draws two distinct configurations, b from what a leaves of the distribution (3.3.1). A layer that is not
// free has a single configuration, which both are.
func (d distribution) drawPair(r *rand.Rand) (a, b mask) {
	a = d.draw(r)
	if !d.free() {
		return a, a
	}
	return a, d.drawWithout(r, d.disallowed().with(a))
}

// disallowed is the empty configuration where a layer needs an operation.
func (d distribution) disallowed() forbidden {
	if d.normal || len(d.ops) == 0 {
		return forbidden{}
	}
	return forbidden{}.with(0)
}

// drawWithout draws a configuration that is not forbidden.
func (d distribution) drawWithout(r *rand.Rand, f forbidden) mask {
	if d.single {
		return d.drawSingle(r, f)
	}
	return d.drawProduct(r, f)
}

// drawProduct decides operation by operation, each with the probability that it has among the configurations that
// are not forbidden. It needs no rejection, however little probability they have.
func (d distribution) drawProduct(r *rand.Rand, f forbidden) mask {
	var m mask
	for i := range d.ops {
		if f.n == 0 {
			if r.Float64()*(d.on[i]+d.off[i]) < d.on[i] {
				m |= 1 << i
			}
			continue
		}
		with, without := f.where(i, 1), f.where(i, 0)
		on, off := d.on[i]*d.mass(i+1, with), d.off[i]*d.mass(i+1, without)
		if r.Float64()*(on+off) < on {
			m |= 1 << i
			f = with
		} else {
			f = without
		}
	}
	return m
}

// mass is the probability of the configurations that are not forbidden, over the operations from i on. All terms are
// positive, so that it is accurate even if it is tiny.
func (d distribution) mass(i int, f forbidden) float64 {
	if f.n == 0 {
		return 1
	}
	if i == len(d.ops) {
		return 0
	}
	return d.on[i]*d.mass(i+1, f.where(i, 1)) + d.off[i]*d.mass(i+1, f.where(i, 0))
}

// drawSingle draws one operation, or none in a normal layer.
func (d distribution) drawSingle(r *rand.Rand, f forbidden) mask {
	total := 0.0
	for i := -1; i < len(d.ops); i++ {
		total += d.weight(i, f)
	}
	var last mask
	u := r.Float64() * total
	for i := -1; i < len(d.ops); i++ {
		if w := d.weight(i, f); w > 0 {
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
func (d distribution) weight(i int, f forbidden) float64 {
	switch {
	case f.has(alone(i)):
		return 0
	case i < 0:
		return 1
	}
	return d.on[i] / d.off[i]
}

// alone is the configuration of operation i alone; the empty one for −1.
func alone(i int) mask {
	if i < 0 {
		return 0
	}
	return 1 << i
}

// probability is that of a configuration by its definition (eq. 4): Π p_i over the selected operations times Π (1−p_i)
// over the others. It may underflow to 0; rescaled does not.
func (d distribution) probability(m mask) float64 {
	product := 1.0
	for i := range d.ops {
		if bit(m, i) == 1 {
			product *= d.on[i]
		} else {
			product *= d.off[i]
		}
	}
	return product
}

// rescaled is p̃_a of two configurations: their probabilities (eq. 4) rescaled to p̃_a + p̃_b = 1. It is
// probability(a)/(probability(a)+probability(b)) in a stable form, in which the factors that both have cancel.
func (d distribution) rescaled(a, b mask) float64 {
	logit := 0.0
	for i := range d.ops {
		logit += float64(bit(a, i)-bit(b, i)) * (math.Log(d.on[i]) - math.Log(d.off[i]))
	}
	return sigmoid(logit)
}

// path lists the operations of a configuration.
func (d distribution) path(m mask) Path {
	return d.appendPath(make(Path, 0, bits.OnesCount64(uint64(m))), m)
}

// appendPath appends the operations of a configuration to a path.
func (d distribution) appendPath(path Path, m mask) Path {
	for i, op := range d.ops {
		if bit(m, i) == 1 {
			path = append(path, op)
		}
	}
	return path
}

// mask is the configuration that selects a path's operations.
func (d distribution) mask(path Path) mask {
	var m mask
	for i, op := range d.ops {
		if slices.Contains(path, op) {
			m |= 1 << i
		}
	}
	return m
}

// bit is 1 if a configuration selects operation i, else 0.
func bit(m mask, i int) int { return int(m >> i & 1) }

// forbidden is a set of at most two configurations.
type forbidden struct {
	masks [2]mask
	n     int
}

// with is the set with one more configuration.
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
