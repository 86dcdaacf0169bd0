package evolve

import (
	"context"
	"fmt"

	"github.com/nse-dev/nse/evolve/space"
)

// aggregate lists the operations that the front uses, by layer (3.3.2, eq. 9). The next subset inherits them.
func (s Search) aggregate(st State) []Path { return Aggregate(st.Front, len(s.Problem.Normal)) }

// replenish fills every layer to K beside the operations that are kept, and goes to the next round or finishes (3.3.3).
// Operations that have come join the pool first. Before the search would end for want of operations it waits for more.
func (s Search) replenish(ctx context.Context, st State, kept []Path) (Problem, State, error) {
	for wait := false; ; wait = true {
		known := len(s.Problem.Pool)
		var err error
		if s.Problem, st, err = s.Admit(ctx, st, wait); err != nil {
			return s.Problem, st, err
		}
		refilled := st.Space.Replenish(kept)
		if none := len(s.Problem.Pool) == known; !s.exhausted(st, refilled) || wait && none {
			st, err = s.advance(ctx, st, refilled)
			return s.Problem, st, err
		}
	}
}

// advance goes to the next round on a replenished space, or finishes (4.1).
func (s Search) advance(ctx context.Context, st State, refilled space.Space) (State, error) {
	next := st
	if err := s.Emit(&next, Aggregated{refilled.Inherited()}); err != nil {
		return st, err
	}
	if reason := s.ended(st, refilled); reason != "" {
		return s.Finish(ctx, next, reason)
	}
	if err := s.Emit(&next, Replenished{refilled.Inherited(), refilled.Arrived()}); err != nil {
		return st, err
	}
	next.Round, next.Phase, next.Step, next.Space, next.Fitness = st.Round+1, PhaseBegin, 0, refilled, nil
	return next, s.Boundary(ctx, next)
}

// ended says by the end rules (4.1) why there is no round after this one. It is empty if there is one. The space is the
// next round's.
func (s Search) ended(st State, refilled space.Space) string {
	switch {
	case s.last(st):
		return fmt.Sprintf("round %d is the last by max_rounds", st.Round)
	case s.unaffordable(st) != "":
		return s.unaffordable(st)
	case s.Config.End == EndOfficial && s.exhausted(st, refilled):
		return fmt.Sprintf("round %d is the last for a pool of %d and k = %d", st.Round, st.Pool, s.Config.K)
	case s.exhausted(st, refilled):
		return fmt.Sprintf("layer %d cannot be refilled: no operation is pending", refilled.Short())
	case s.empty(refilled) >= 0:
		return fmt.Sprintf("reduction layer %d has no operation left, and none is pending", s.empty(refilled))
	case s.Config.End == EndRefill && refilled.Settled():
		return fmt.Sprintf("the front uses all %d operations of every layer, so that none has room for a new one",
			s.Config.K)
	}
	return ""
}

// empty is the first reduction layer of a space without any operation. It is -1 if there is none.
func (s Search) empty(of space.Space) int {
	for l, ops := range of.Subset() {
		if len(ops) == 0 && !s.Problem.Normal[l] {
			return l
		}
	}
	return -1
}

// last reports whether a round is the last by max_rounds, which counts the rounds with the present pool.
func (s Search) last(st State) bool {
	return s.Config.MaxRounds > 0 && st.Round-st.Before >= s.Config.MaxRounds
}

// exhausted reports whether the pool is too small for a round after this one. With more operations there would be one.
func (s Search) exhausted(st State, refilled space.Space) bool {
	switch {
	case s.last(st), s.unaffordable(st) != "":
		return false
	case s.Config.End == EndOfficial:
		return st.Round-st.Before >= s.officialRounds(st.Pool)
	}
	return refilled.Short() >= 0
}

// officialRounds is ⌊(N−1)/(K−1)⌋: the rounds of a search in which each replaces all operations but one.
func (s Search) officialRounds(pool int) int { return max(1, (pool-1)/(s.Config.K-1)) }

// Finish ends the search for a reason, which is a sentence without its full stop. The space, the fitness and the front
// stay those of the last round.
func (s Search) Finish(ctx context.Context, st State, reason string) (State, error) {
	next := st
	next.Phase, next.Reason, next.Trials = PhaseFinished, reason, nil
	if err := s.Emit(&next, Finished{reason}); err != nil {
		return st, err
	}
	return next, s.Boundary(ctx, next)
}
