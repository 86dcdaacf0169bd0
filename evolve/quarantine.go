package evolve

import (
	"context"
	"fmt"
	"slices"
)

// Broken is an engine's error about an operation that cannot be run any more: its plugin has crashed, for instance.
type Broken struct {
	Op    OpID
	Layer int // in which it failed
	Err   error
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
	next, err := s.Without(st, b)
	if err != nil {
		return st, err
	}
	if !s.stuck(next) {
		return next, s.Boundary(ctx, next)
	}
	begun := next
	begun.Space = next.Space.Fill()
	if l := s.empty(begun.Space); l >= 0 {
		return s.Finish(ctx, next, noOperation(l))
	}
	if reason := s.unaffordable(begun); reason != "" {
		return s.Finish(ctx, next, reason)
	}
	begun.Round, begun.Phase, begun.Step, begun.Fitness, begun.Trials = st.Round+1, PhaseBegin, 0, nil, nil
	return begun, s.Boundary(ctx, begun)
}

// noOperation is the reason of a search that ends for want of an operation in a reduction layer.
func noOperation(layer int) string {
	return fmt.Sprintf("reduction layer %d has no operation left that can be run", layer)
}

// Unfilled says which reduction layer of a state has no operation left. It is empty if each has one.
func (s Search) Unfilled(st State) string {
	if l := s.empty(st.Space); l >= 0 {
		return noOperation(l)
	}
	return ""
}

// Without reports that an operation is broken, and takes it out of the state: out of the space, the fitness and the
// front. Trials that use it are Gone. The caller offers the state as a checkpoint.
func (s Search) Without(st State, b *Broken) (State, error) {
	next := st
	next.Space, next.Fitness = st.Space.Without(b.Op), st.Fitness.Without(b.Op)
	next.Front = slices.DeleteFunc(slices.Clone(st.Front), func(m Member) bool { return m.Arch.Uses(b.Op) })
	next.Trials = slices.Clone(st.Trials)
	for i, t := range next.Trials {
		next.Trials[i].Gone = t.Gone || t.Arch.Uses(b.Op)
	}
	return next, s.Emit(&next, Quarantined{b.Op, b.Error()})
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
