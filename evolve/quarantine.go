package evolve

import (
	"context"
	"fmt"
	"slices"
)

// Broken is an engine's error about an operation that cannot be run any more: its plugin has crashed, for instance.
type Broken struct {
	Op  OpID
	Err error
}

// Error is the reason.
func (b *Broken) Error() string { return b.Err.Error() }

// Unwrap is the reason.
func (b *Broken) Unwrap() error { return b.Err }

// Quarantined says that an operation cannot be run any more: it is in no subset, pending list or front from here on.
type Quarantined struct {
	Op     OpID   `json:"op"`
	Reason string `json:"reason"`
}

// Kind is "quarantined".
func (Quarantined) Kind() string { return "quarantined" }

// quarantine goes on without a broken operation. The round is given up for a new one with what is pending if a
// reduction layer is left without any operation, or nothing is left to score. The search ends if such a layer stays
// empty.
func (s Search) quarantine(ctx context.Context, st State, b *Broken) (State, error) {
	next := st
	next.Space, next.Fitness = st.Space.without(b.Op), st.Fitness.without(b.Op)
	next.Front = slices.DeleteFunc(slices.Clone(st.Front), func(m Member) bool { return m.Arch.uses(b.Op) })
	next.Trials = slices.Clone(st.Trials)
	for i, t := range next.Trials {
		next.Trials[i].Gone = t.Gone || t.Arch.uses(b.Op)
	}
	if err := s.Emit(&next, Quarantined{b.Op, b.Error()}); err != nil {
		return st, err
	}
	if !s.stuck(next) {
		return next, s.Boundary(ctx, next)
	}
	next.Space = next.Space.fill()
	subset := next.Space.Subset()
	for l, ops := range subset {
		if len(ops) == 0 && !s.Problem.Normal[l] {
			return s.Finish(ctx, next, fmt.Sprintf("reduction layer %d has no operation left that can be run", l))
		}
	}
	if reason := s.unaffordable(next); reason != "" {
		return s.Finish(ctx, next, reason)
	}
	next.Round, next.Phase, next.Step, next.Fitness, next.Trials = st.Round+1, PhaseBegin, 0, nil, nil
	return next, s.Boundary(ctx, next)
}

// stuck reports whether a round cannot go on.
func (s Search) stuck(st State) bool {
	remaining := st.Space.Subset()
	if st.Fitness != nil {
		remaining = st.Fitness.Remaining()
	}
	for l, ops := range remaining {
		if len(ops) == 0 && !s.Problem.Normal[l] {
			return true
		}
	}
	within := func(t Trial) bool { return !t.Extra }
	return slices.ContainsFunc(st.Trials, within) && !slices.ContainsFunc(present(st.Trials), within)
}

// present lists the trials that can be scored.
func present(trials []Trial) []Trial {
	return slices.DeleteFunc(slices.Clone(trials), func(t Trial) bool { return t.Gone })
}

// uses reports whether the architecture has the operation in any layer.
func (a Arch) uses(op OpID) bool {
	return slices.ContainsFunc(a, func(p Path) bool { return slices.Contains(p, op) })
}

// without is the space without an operation.
func (s Space) without(op OpID) Space {
	next := Space{s.K, make([]LayerSpace, len(s.Layers))}
	for l, layer := range s.Layers {
		next.Layers[l] = LayerSpace{omit(layer.Kept, op), omit(layer.New, op), omit(layer.Pending, op)}
	}
	return next
}

// omit is a copy of a list without an operation.
func omit[P ~[]OpID](ops P, op OpID) P {
	return slices.DeleteFunc(slices.Clone(ops), func(o OpID) bool { return o == op })
}

// without is the fitness without an operation.
func (f Fitness) without(op OpID) Fitness {
	next := slices.Clone(f)
	for l, layer := range f {
		if i, found := slices.BinarySearch(layer.Ops, op); found {
			next[l] = layer.without(i)
		}
	}
	return next
}

// without is the fitness without the i-th operation.
func (f LayerFitness) without(i int) LayerFitness {
	f.Ops, f.Dropped = slices.Delete(slices.Clone(f.Ops), i, i+1), slices.Delete(slices.Clone(f.Dropped), i, i+1)
	for _, v := range []*[]float64{&f.Theta, &f.Mean, &f.Square} {
		*v = slices.Delete(slices.Clone(*v), i, i+1)
	}
	return f
}
