package evolve

import "slices"

// Standing follows what a round's events say of its operations. The zero value stands before the first round.
type Standing struct {
	subset  []Path // by layer, without what was quarantined: the order of FitnessUpdated.Theta
	dropped map[place]bool
}

// place is an operation at a layer.
type place struct {
	layer int
	op    OpID
}

// StandingOf is the standing of a state.
func StandingOf(st State) Standing {
	s := Standing{st.Space.Subset(), map[place]bool{}}
	for l, layer := range st.Fitness {
		for i, op := range layer.Ops {
			if layer.Dropped[i] {
				s.dropped[place{l, op}] = true
			}
		}
	}
	return s
}

// Dropped is the number of operations that were dropped in this round, counted at each layer.
func (s *Standing) Dropped() int { return len(s.dropped) }

// Observe takes the next event.
func (s *Standing) Observe(body Body) {
	switch b := body.(type) {
	case RoundStarted:
		*s = Standing{slices.Clone(b.Subset), map[place]bool{}}
	case Dropped:
		s.dropped[place{b.Layer, b.Op}] = true
	case Quarantined:
		for l, ops := range s.subset {
			s.subset[l] = slices.DeleteFunc(slices.Clone(ops), func(op OpID) bool { return op == b.Op })
		}
	}
}

// Each yields the fitness θ of the operations that were not dropped. theta is FitnessUpdated.Theta; nil yields nothing.
func (s *Standing) Each(theta [][]float64, yield func(layer int, op OpID, theta float64)) {
	for l, thetas := range theta {
		for i, v := range thetas {
			if op := s.subset[l][i]; !s.dropped[place{l, op}] {
				yield(l, op, v)
			}
		}
	}
}
