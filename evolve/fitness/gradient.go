package fitness

import (
	"math"

	"github.com/nse-dev/nse/evolve/space"
)

// Loss is the fitness loss of a problem (eq. 5): the cross-entropy on held-out images, and the resource term of the
// expected cost.
type Loss struct {
	Problem   space.Problem
	Smoothing float64 // s of the probabilities: p = (1−s)·sigmoid(θ) + s/2
	Resource  Resource
}

// Resource is the resource term α·(cost − τ)^β of the fitness loss (eq. 5).
type Resource struct {
	Alpha float64
	Tau   float64 // in the unit of the cost
	Beta  int     // positive and even
}

// Term is the value of the resource term at a cost, and its derivative by the cost (eq. 5).
func (r Resource) Term(cost float64) (term, byCost float64) {
	over := cost - r.Tau
	term = r.Alpha * math.Pow(over, float64(r.Beta))
	byCost = r.Alpha * float64(r.Beta) * math.Pow(over, float64(r.Beta-1))
	return term, byCost
}

// Gradient is the gradient of the fitness loss (eq. 5) with respect to θ, one matrix for each of its terms.
type Gradient struct {
	CrossEntropy [][]float64 // by layer and operation of the round's subset; nil for a layer with no freedom
	Resource     [][]float64 // likewise
	Cost         float64     // expected cost (eq. 8), in the unit of the constraint
	ResourceTerm float64     // value of the resource term (eq. 5)
}

// Sum adds the gradients of both terms. A layer with no freedom stays nil.
func (g Gradient) Sum() [][]float64 {
	sum := make([][]float64, len(g.Resource))
	for l, resource := range g.Resource {
		if resource == nil {
			continue
		}
		sum[l] = make([]float64, len(resource))
		for i := range resource {
			sum[l][i] = g.CrossEntropy[l][i] + resource[i]
		}
	}
	return sum
}

// Gradient returns the gradient of the loss with respect to θ, for configurations a and b of each layer. An engine has
// measured byA and byB by layer: the cross-entropy's gradient with respect to p̃_a and p̃_b (eq. 7). The resource
// term's follows from eq. 5 and 8. Both reach θ through the rescaled probabilities (eq. 4). A layer with equal
// configurations has none.
func (loss Loss) Gradient(f Fitness, a, b space.Arch, byA, byB []float64) Gradient {
	p, pa, slopes := loss.Problem, make([]float64, len(f)), make([][]float64, len(f))
	for l, layer := range f {
		pa[l], slopes[l] = layer.rescaled(loss.Smoothing, a[l], b[l])
	}
	cost := expectedCost(p, a, b, pa)
	term, byCost := loss.Resource.Term(cost)
	g := Gradient{make([][]float64, len(f)), make([][]float64, len(f)), cost, term}
	for l, slope := range slopes {
		g.CrossEntropy[l] = scale(byA[l]-byB[l], slope)
		g.Resource[l] = scale(byCost*(p.PathCost(l, a[l])-p.PathCost(l, b[l])), slope)
	}
	return g
}

// expectedCost is Σ_l p̃_a·C(e_a) + p̃_b·C(e_b) + fixed over two configurations of each layer (eq. 8), in the unit of
// the candidates' cost. pa is p̃_a by layer.
func expectedCost(p space.Problem, a, b space.Arch, pa []float64) float64 {
	cost := p.Fixed
	for l := range a {
		cost += pa[l]*p.PathCost(l, a[l]) + (1-pa[l])*p.PathCost(l, b[l])
	}
	return cost
}

// rescaled returns the rescaled probability p̃_a of two paths (eq. 4) and its derivative with respect to each θ:
// p̃_a·p̃_b·(a_i − b_i) times the slope of operation i's logit. The derivative is nil if the paths are equal.
func (f Layer) rescaled(smoothing float64, a, b space.Path) (pa float64, slope []float64) {
	d := NewDistribution(f.Ops, f.Theta, smoothing, true, false)
	ca, cb := d.configuration(a), d.configuration(b)
	pa = d.rescaled(ca, cb)
	if ca == cb {
		return pa, nil
	}
	slope = make([]float64, len(f.Ops))
	for i := range slope {
		slope[i] = pa * (1 - pa) * float64(bit(ca, i)-bit(cb, i)) * d.slope[i]
	}
	return pa, slope
}

// scale returns s·v. It is nil for nil.
func scale(s float64, v []float64) []float64 {
	if v == nil {
		return nil
	}
	scaled := make([]float64, len(v))
	for i := range v {
		scaled[i] = s * v[i]
	}
	return scaled
}
