package fitness

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/evolve/space"
)

// Distribution is that over the configurations of one layer: the product of Bernoulli(p) over its operations (eq. 4),
// restricted to the configurations that the layer allows. A single-branch layer allows at most one operation. The
// restricted product then gives operation i the weight p_i/(1−p_i) and the identity path 1: a softmax over the logits.
type Distribution struct {
	ops     space.Path
	on, off []float64 // p and 1−p of each operation, both above 0
	slope   []float64 // derivative of the logit log(p/(1−p)) with respect to θ
	normal  bool      // the empty configuration is allowed
	single  bool      // at most one operation
}

// leastProbability keeps what is left of a distribution above 0 when θ is far out.
const leastProbability = 1e-30

// NewDistribution is the distribution at θ, with p = (1−s)·sigmoid(θ) + s/2. theta has the order of ops.
func NewDistribution(ops space.Path, theta []float64, s float64, normal, single bool) Distribution {
	n := len(ops)
	d := Distribution{ops, make([]float64, n), make([]float64, n), make([]float64, n), normal, single}
	for i, t := range theta {
		d.on[i] = max((1-s)*sigmoid(t)+s/2, leastProbability)
		d.off[i] = max((1-s)*sigmoid(-t)+s/2, leastProbability)
		d.slope[i] = (1 - s) * sigmoid(t) * sigmoid(-t) / (d.on[i] * d.off[i])
	}
	return d
}

// Uniform gives every configuration that the layer allows the same probability (3.2.2).
func Uniform(ops space.Path, normal, single bool) Distribution {
	return NewDistribution(ops, make([]float64, len(ops)), 0, normal, single)
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// free reports whether there are two configurations to choose from.
func (d Distribution) free() bool {
	n := len(d.ops)
	return n > 1 || (n == 1 && d.normal)
}

// Draw draws a configuration.
func (d Distribution) Draw(r *rand.Rand) Configuration { return d.drawWithout(r, d.disallowed()) }

// DrawPair draws two distinct configurations, b from what a leaves of the distribution (3.3.1). A layer that is not
// free has a single configuration, which both are.
func (d Distribution) DrawPair(r *rand.Rand) (a, b Configuration) {
	a = d.Draw(r)
	if !d.free() {
		return a, a
	}
	return a, d.drawWithout(r, d.disallowed().with(a))
}

// disallowed is the empty configuration where a layer needs an operation.
func (d Distribution) disallowed() forbidden {
	if d.normal || len(d.ops) == 0 {
		return forbidden{}
	}
	return forbidden{}.with(0)
}

// drawWithout draws a configuration that is not forbidden.
func (d Distribution) drawWithout(r *rand.Rand, f forbidden) Configuration {
	if d.single {
		return d.drawSingle(r, f)
	}
	return d.drawProduct(r, f)
}

// drawProduct decides operation by operation, each with the probability that it has among the configurations that
// are not forbidden. It needs no rejection, however little probability they have.
func (d Distribution) drawProduct(r *rand.Rand, f forbidden) Configuration {
	var m Configuration
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
func (d Distribution) mass(i int, f forbidden) float64 {
	if f.n == 0 {
		return 1
	}
	if i == len(d.ops) {
		return 0
	}
	return d.on[i]*d.mass(i+1, f.where(i, 1)) + d.off[i]*d.mass(i+1, f.where(i, 0))
}

// drawSingle draws one operation, or none in a normal layer.
func (d Distribution) drawSingle(r *rand.Rand, f forbidden) Configuration {
	total := 0.0
	for i := -1; i < len(d.ops); i++ {
		total += d.weight(i, f)
	}
	var last Configuration
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
func (d Distribution) weight(i int, f forbidden) float64 {
	switch {
	case f.has(alone(i)):
		return 0
	case i < 0:
		return 1
	}
	return d.on[i] / d.off[i]
}

// probability is that of a configuration by its definition (eq. 4): Π p_i over the selected operations times Π (1−p_i)
// over the others. It may underflow to 0; rescaled does not.
func (d Distribution) probability(m Configuration) float64 {
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
func (d Distribution) rescaled(a, b Configuration) float64 {
	logit := 0.0
	for i := range d.ops {
		logit += float64(bit(a, i)-bit(b, i)) * (math.Log(d.on[i]) - math.Log(d.off[i]))
	}
	return sigmoid(logit)
}

// Path lists the operations of a configuration.
func (d Distribution) Path(m Configuration) space.Path {
	return d.AppendPath(make(space.Path, 0, bits.OnesCount64(uint64(m))), m)
}

// AppendPath appends the operations of a configuration to a path.
func (d Distribution) AppendPath(path space.Path, m Configuration) space.Path {
	for i, op := range d.ops {
		if bit(m, i) == 1 {
			path = append(path, op)
		}
	}
	return path
}

// configuration selects a path's operations.
func (d Distribution) configuration(path space.Path) Configuration {
	var m Configuration
	for i, op := range d.ops {
		if slices.Contains(path, op) {
			m |= 1 << i
		}
	}
	return m
}

// marginals are the probabilities of each operation among the configurations that the layer allows.
func (d Distribution) marginals() []float64 {
	p := make([]float64, len(d.ops))
	total := 0.0
	if d.single {
		for i := -1; i < len(d.ops); i++ {
			total += d.weight(i, d.disallowed())
		}
	} else {
		total = d.mass(0, d.disallowed())
	}
	for i := range p {
		if p[i] = d.on[i] / total; d.single {
			p[i] = d.weight(i, forbidden{}) / total
		}
	}
	return p
}
