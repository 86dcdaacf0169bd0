package evolve

// leaning is what a round draws architectures from: its fitness, or what leans towards the constraint interval.
type leaning struct {
	layers          []distribution
	least, greatest float64 // costs that its operations make
}

// leanings list what to draw from in turn: the remaining operations by their fitness, then all of the round's subset
// alike, with what was dropped. Both lean towards the constraint interval.
func (s Search) leanings(st State) []leaning {
	subset := make([]Path, len(st.Fitness))
	for l, layer := range st.Fitness {
		subset[l] = layer.Ops
	}
	return []leaning{s.leaning(st.Fitness), s.leaning(NewFitness(subset))}
}

// leaning tilts the probabilities of a fitness: operation i of cost C_i has the fitness θ_i − λ·C_i. λ is such that the
// expected cost is the middle of what the operations can reach of the interval.
func (s Search) leaning(f Fitness) leaning {
	least, greatest := s.Problem.Reach(f.Remaining(), s.Config.Branches())
	goal := (max(least, s.Config.Constraint.Low()) + min(greatest, s.Config.Constraint.High())) / 2
	dear := func(lambda float64) bool { return s.meanCost(s.tilted(f, lambda)) > goal }
	low, high := -1/goal, 1/goal
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
	return leaning{s.tilted(f, high), least, greatest}
}

// tilted is what a fitness makes of the configurations of every layer, with θ_i − λ·C_i in place of θ_i.
func (s Search) tilted(f Fitness, lambda float64) []distribution {
	ds := make([]distribution, len(f))
	for l, layer := range f {
		ops, theta := layer.remaining()
		for i, op := range ops {
			theta[i] -= lambda * s.Problem.Pool[op].Cost[l]
		}
		ds[l] = newDistribution(ops, theta, 0, s.Problem.Normal[l], s.Config.SingleBranch)
	}
	return ds
}

// meanCost is the expected cost of an architecture, with stem and head, in the unit of the constraint.
func (s Search) meanCost(ds []distribution) float64 {
	cost := s.Problem.Fixed
	for l, d := range ds {
		for i, p := range d.marginals() {
			cost += p * s.Problem.Pool[d.ops[i]].Cost[l]
		}
	}
	return cost
}

// marginals are the probabilities of each operation among the configurations that the layer allows.
func (d distribution) marginals() []float64 {
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
