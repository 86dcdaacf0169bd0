package evolve

import (
	"context"
	"errors"
	"fmt"
)

// Method is a way to search: it decides what is trained and scored, and which architectures are the result. Search.Run
// calls it until the state is finished, and takes care of stopping and of checkpoints.
//
// A method keeps nothing between calls. What it has learned is in the state: in the fields that NSE uses where they
// mean the same, and in State.Memory. Everything random is drawn from Search.Seed and from what it is for.
type Method interface {
	// Validate refuses a search that the method cannot run, and a state that does not belong to it. The zero State
	// stands before the start. What Search.Validate says of every method has been checked. An error about a setting is
	// a *setting.Error, with a key of the table [search]. One about the budget has the whole key, such as budget.macs.
	Validate(s Search, st State) error
	// Advance takes the search to a later boundary: it emits what happens and offers checkpoints, by Search.Emit and
	// Search.Boundary. With an error it returns the state of the last boundary. It may change the problem of s, whose
	// pool grows when operations arrive.
	Advance(ctx context.Context, s *Search, st State) (State, error)
}

// NSE is Neural Search-space Evolution, the method of this package.
type NSE struct{}

// Advance implements Method: one round, or what is left of it. A broken operation is quarantined. When the time is over
// the search ends, and the front of the round before stands.
func (NSE) Advance(ctx context.Context, s *Search, st State) (next State, err error) {
	if st.Round > 0 && s.OverTime() {
		return s.Finish(ctx, st, s.Budget.outOfTime())
	}
	s.Problem, next, err = s.round(ctx, st)
	if broken, ok := errors.AsType[*Broken](err); ok && next.Round > 0 && !cancelled(ctx, err) {
		return s.quarantine(ctx, next, broken)
	}
	return next, err
}

// cancelled reports whether an error is that of the context.
func cancelled(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}

// method is the search's method.
func (s Search) method() Method {
	if s.Method == nil {
		return NSE{}
	}
	return s.Method
}

// Begin starts a round of a method on a subset: it has the engine begin, and reports the round. The state is that
// before the first weight update of the round, with the subset as its space. The caller offers it as a checkpoint.
func (s Search) Begin(st State, subset []Path) (State, error) {
	if err := s.Engine.Begin(st.Round+1, subset); err != nil {
		return st, fmt.Errorf("begin: %w", err)
	}
	return s.Announce(st, subset)
}

// Announce starts a round as Begin does, for a method that needs no shared weights: the engine is not called.
func (s Search) Announce(st State, subset []Path) (State, error) {
	next := st
	next.Round++
	next.Phase, next.Step, next.Trials, next.Pool = PhaseTrain, 0, nil, len(s.Problem.Pool)
	next.Opening = st.Spent
	next.Space = Space{Layers: make([]LayerSpace, len(subset))}
	for l, ops := range subset {
		next.Space.K = max(next.Space.K, len(ops))
		next.Space.Layers[l].New = ops
	}
	size := s.Problem.SubsetSize(subset, s.Config.Branches()).String()
	return next, s.Emit(&next, RoundStarted{Subset: subset, Inherited: make([]Path, len(subset)), SubsetSize: size})
}

// TrainOn takes the next weight update of the round on architecture a (eq. 2). The caller offers the state as a
// checkpoint. A loss that is not finite is an error.
func (s Search) TrainOn(st State, a Arch) (State, error) {
	loss, err := s.Engine.Train(Step{st.Round, st.Step, s.Config.TrainSteps}, a)
	if err := finite(err, loss); err != nil {
		return st, fmt.Errorf("train step %d: %w", st.Step, err)
	}
	next := st
	err = s.Emit(&next, Trained{st.Step, loss})
	next.Step++
	return next, err
}
