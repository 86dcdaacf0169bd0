package evolve

import "math"

// FitnessGradient is what one fitness step pushes θ by, with the resource term's value.
type FitnessGradient struct {
	CrossEntropy [][]float64 // by layer and operation of the round's subset; nil for a layer with no freedom
	Resource     [][]float64 // likewise
	Cost         float64     // Σ_l p̃_a·C(e_a) + p̃_b·C(e_b) + fixed (eq. 8)
	Loss         float64     // α·(Cost − τ)^β (eq. 5)
}

// Sum adds the gradients of both terms.
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

// Gradient returns the gradient of the fitness loss with respect to θ for the two configurations a and b of each layer.
// The cross-entropy's gradient with respect to p̃_a and p̃_b is what the engine measured (eq. 7), the resource term's
// follows from eq. 5 and 8, and both reach θ through the rescaled eq. 4. A layer with equal configurations has none.
func (f Fitness) Gradient(p Problem, c Config, a, b Arch, measured Gradient) FitnessGradient {
	g := FitnessGradient{make([][]float64, len(f)), make([][]float64, len(f)), p.Fixed, 0}
	slopes := make([][]float64, len(f))
	for l, layer := range f {
		share, slope := layer.share(c.Fitness.Smoothing, a[l], b[l])
		g.Cost += share*p.pathCost(l, a[l]) + (1-share)*p.pathCost(l, b[l])
		slopes[l] = slope
	}
	over := g.Cost - c.Constraint.Tau
	g.Loss = c.Constraint.Alpha * math.Pow(over, float64(c.Constraint.Beta))
	outer := c.Constraint.Alpha * float64(c.Constraint.Beta) * math.Pow(over, float64(c.Constraint.Beta-1))
	for l, slope := range slopes {
		g.CrossEntropy[l] = scale(measured.A[l]-measured.B[l], slope)
		g.Resource[l] = scale(outer*(p.pathCost(l, a[l])-p.pathCost(l, b[l])), slope)
	}
	return g
}

// share returns p̃_a of two paths and its derivative with respect to each θ: p̃_a·p̃_b·(a_i − b_i) times the slope of
// operation i's logit. The derivative is nil if the paths are equal.
func (f LayerFitness) share(smoothing float64, a, b Path) (share float64, slope []float64) {
	c := newChoice(f.Ops, f.Theta, smoothing, true, false)
	ma, mb := c.mask(a), c.mask(b)
	share = c.share(ma, mb)
	if ma == mb {
		return share, nil
	}
	slope = make([]float64, len(f.Ops))
	for i := range slope {
		slope[i] = share * (1 - share) * float64(bit(ma, i)-bit(mb, i)) * c.slope[i]
	}
	return share, slope
}

// scale returns s·v, nil for nil.
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
