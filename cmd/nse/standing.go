package main

import (
	"slices"

	"github.com/nse-dev/nse/evolve"
)

// standing is what a round's events say of its operations.
type standing struct {
	subset []evolve.Path // by layer, without what was quarantined: the order of evolve.FitnessUpdated.Theta
	fallen map[fallen]bool
}

// fallen is an operation that was dropped from a layer.
type fallen struct {
	layer int
	op    evolve.OpID
}

// standingOf is the standing in the middle of a round.
func standingOf(f evolve.Fitness) standing {
	s := standing{fallen: map[fallen]bool{}}
	for l, layer := range f {
		s.subset = append(s.subset, layer.Ops)
		for i, op := range layer.Ops {
			if layer.Dropped[i] {
				s.fallen[fallen{l, op}] = true
			}
		}
	}
	return s
}

// observe takes the next event.
func (s *standing) observe(body evolve.Body) {
	switch b := body.(type) {
	case evolve.RoundStarted:
		*s = standing{slices.Clone(b.Subset), map[fallen]bool{}}
	case evolve.Dropped:
		s.fallen[fallen{b.Layer, b.Op}] = true
	case evolve.Quarantined:
		for l, ops := range s.subset {
			s.subset[l] = slices.DeleteFunc(slices.Clone(ops), func(op evolve.OpID) bool { return op == b.Op })
		}
	}
}

// each yields the fitness of the operations that have not fallen.
func (s *standing) each(theta [][]float64, yield func(layer int, op evolve.OpID, theta float64)) {
	for l, thetas := range theta {
		for i, v := range thetas {
			if op := s.subset[l][i]; !s.fallen[fallen{l, op}] {
				yield(l, op, v)
			}
		}
	}
}
