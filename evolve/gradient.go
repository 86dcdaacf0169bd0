package evolve

import "math"

// FitnessGradient is the gradient of the fitness loss (eq. 5) with respect to θ, one matrix for each of its terms.
type FitnessGradient struct {
	CrossEntropy [][]float64 // by layer and operation of the round's subset; nil for a layer with no freedom
	Resource     [][]float64 // likewise
	Cost         float64     // expected cost (eq. 8), in the unit of the constraint
	ResourceTerm float64     // value of the resource term (eq. 5)
}

// Sum adds the gradients of both terms. A layer with no freedom stays nil.
func (g FitnessGradient) Sum() [][]float64 {
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

// Gradient returns the gradient of the fitness loss (eq. 5) with respect to θ, for configurations a and b of each
// layer. The engine has measured the cross-entropy's gradient with respect to p̃_a and p̃_b (eq. 7). The resource
// term's follows from eq. 5 and 8. Both reach θ through the rescaled probabilities (eq. 4). A layer with equal
// configurations has none.
func (f Fitness) Gradient(p Problem, c Config, a, b Arch, measured Gradient) FitnessGradient {
	pa, slopes := make([]float64, len(f)), make([][]float64, len(f))
	for l, layer := range f {
		pa[l], slopes[l] = layer.rescaled(c.Fitness.Smoothing, a[l], b[l])
	}
	cost := p.expectedCost(a, b, pa)
	term, byCost := c.Constraint.resourceTerm(cost)
	g := FitnessGradient{make([][]float64, len(f)), make([][]float64, len(f)), cost, term}
	for l, slope := range slopes {
		g.CrossEntropy[l] = scale(measured.A[l]-measured.B[l], slope)
		g.Resource[l] = scale(byCost*(p.pathCost(l, a[l])-p.pathCost(l, b[l])), slope)
	}
	return g
}

// expectedCost is Σ_l p̃_a·C(e_a) + p̃_b·C(e_b) + fixed over two configurations of each layer (eq. 8), in the unit of
// the candidates' cost. pa is p̃_a by layer.
func (p Problem) expectedCost(a, b Arch, pa []float64) float64 {
	cost := p.Fixed
	for l := range a {
		cost += pa[l]*p.pathCost(l, a[l]) + (1-pa[l])*p.pathCost(l, b[l])
	}
	return cost
}

// resourceTerm is α·(cost − τ)^β, the second term of the fitness loss (eq. 5), and its derivative by the cost.
func (c ConstraintConfig) resourceTerm(cost float64) (term, byCost float64) {
	over := cost - c.Tau
	alpha := c.weight()
	term = alpha * math.Pow(over, float64(c.Beta))
	byCost = alpha * float64(c.Beta) * math.Pow(over, float64(c.Beta-1))
	return term, byCost
}

// rescaled returns the rescaled probability p̃_a of two paths (eq. 4) and its derivative with respect to each θ:
// p̃_a·p̃_b·(a_i − b_i) times the slope of operation i's logit. The derivative is nil if the paths are equal.
func (f LayerFitness) rescaled(smoothing float64, a, b Path) (pa float64, slope []float64) {
	d := newDistribution(f.Ops, f.Theta, smoothing, true, false)
	ma, mb := d.mask(a), d.mask(b)
	pa = d.rescaled(ma, mb)
	if ma == mb {
		return pa, nil
	}
	slope = make([]float64, len(f.Ops))
	for i := range slope {
		slope[i] = pa * (1 - pa) * float64(bit(ma, i)-bit(mb, i)) * d.slope[i]
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
