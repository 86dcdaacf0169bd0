package fitness

import "github.com/nse-dev/nse/evolve/space"

// Tilted is what the fitness makes of the configurations of every layer, tilted towards a cost (section 5). Operation i
// of cost C_i has θ_i − λ·C_i in place of θ_i. λ is such that MeanCost is the cost. With single, a layer selects at
// most one operation.
func (f Fitness) Tilted(p space.Problem, cost float64, single bool) []Distribution {
	dear := func(lambda float64) bool { return MeanCost(p, f.tilted(p, lambda, single)) > cost }
	low, high := -1/cost, 1/cost
	for range 12 { // further out, cheap operations have no probability either
		if dear(low) && !dear(high) {
			break
		}
		low, high = 2*low, 2*high
	}
	for range 64 {
		if middle := (low + high) / 2; dear(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return f.tilted(p, high, single)
}

// tilted is what the fitness makes of the configurations of every layer, with θ_i − λ·C_i in place of θ_i.
func (f Fitness) tilted(p space.Problem, lambda float64, single bool) []Distribution {
	ds := make([]Distribution, len(f))
	for l, layer := range f {
		ops, theta := layer.remaining()
		for i, op := range ops {
			theta[i] -= lambda * p.Pool[op].Cost[l]
		}
		ds[l] = NewDistribution(ops, theta, 0, p.Normal[l], single)
	}
	return ds
}

// MeanCost is the expected cost of an architecture that is drawn layer by layer, with stem and head, in the unit of the
// candidates' cost.
func MeanCost(p space.Problem, ds []Distribution) float64 {
	cost := p.Fixed
	for l, d := range ds {
		for i, on := range d.marginals() {
			cost += on * p.Pool[d.ops[i]].Cost[l]
		}
	}
	return cost
}
