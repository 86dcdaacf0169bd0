package evolve

import (
	"context"
	"fmt"
)

// replenish keeps what the front uses, fills every layer from its pending list and goes to the next round, or
// finishes (3.3.3, 4.1).
func (s Search) replenish(ctx context.Context, st State) (State, error) {
	kept := Aggregate(st.Front, len(s.Problem.Normal))
	next := st
	if err := s.emit(&next, Aggregated{kept}); err != nil {
		return st, err
	}
	space := st.Space.Replenish(kept)
	if reason := s.ended(st.Round, space); reason != "" {
		return s.finish(ctx, next, reason)
	}
	if err := s.emit(&next, Replenished{space.Inherited(), space.Arrived()}); err != nil {
		return st, err
	}
	next.Round, next.Phase, next.Step, next.Space, next.Fitness = st.Round+1, PhaseBegin, 0, space, nil
	return next, s.boundary(ctx, next)
}

// ended says why there is no round after this one, or nothing. The space is the next round's.
func (s Search) ended(round int, space Space) string {
	switch short, last := space.Short(), s.officialRounds(); {
	case s.Config.MaxRounds > 0 && round >= s.Config.MaxRounds:
		return fmt.Sprintf("round %d is the last by max_rounds", round)
	case s.Config.End == EndOfficial && round >= last:
		return fmt.Sprintf("round %d is the last for a pool of %d and k = %d", round, len(s.Problem.Pool), s.Config.K)
	case s.Config.End == EndRefill && short >= 0:
		return fmt.Sprintf("layer %d cannot be refilled: no operation is pending", short)
	case s.Config.End == EndRefill && space.Settled():
		return fmt.Sprintf("the front uses all %d operations of every layer, so that none has room for a new one", s.Config.K)
	}
	return ""
}

// officialRounds is ⌊(N−1)/(K−1)⌋: the rounds of a search in which each replaces all operations but one.
func (s Search) officialRounds() int { return max(1, (len(s.Problem.Pool)-1)/(s.Config.K-1)) }

// finish ends the search.
func (s Search) finish(ctx context.Context, st State, reason string) (State, error) {
	next := st
	next.Phase, next.Reason, next.Trials = PhaseFinished, reason, nil
	if err := s.emit(&next, Finished{reason}); err != nil {
		return st, err
	}
	return next, s.boundary(ctx, next)
}
