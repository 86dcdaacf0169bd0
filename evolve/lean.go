package evolve

import "github.com/nse-dev/nse/evolve/fitness"

// leaning is what a round draws architectures from: its fitness, or what leans towards the constraint interval.
type leaning struct {
	layers          []fitness.Distribution
	least, greatest float64 // costs that its operations make
}

// leanings list what to draw from in turn: the remaining operations by their fitness, then all of the round's subset
// alike, with what was dropped. Both lean towards the constraint interval.
func (s Search) leanings(st State) []leaning {
	subset := make([]Path, len(st.Fitness))
	for l, layer := range st.Fitness {
		subset[l] = layer.Ops
	}
	return []leaning{s.leaning(st.Fitness), s.leaning(fitness.New(subset))}
}

// leaning tilts the probabilities of a fitness, so that the expected cost is the middle of what the operations can
// reach of the constraint interval.
func (s Search) leaning(f fitness.Fitness) leaning {
	least, greatest := s.Problem.Reach(f.Remaining(), s.Config.Branches())
	middle := (max(least, s.Config.Constraint.Low()) + min(greatest, s.Config.Constraint.High())) / 2
	return leaning{f.Tilted(s.Problem, middle, s.Config.SingleBranch), least, greatest}
}
