package evolve

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/evolve/space"
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
	if err := s.Engine.Begin(st.opening(), subset); err != nil {
		return st, fmt.Errorf("begin: %w", err)
	}
	return s.Announce(st, subset)
}

// opening is the round that Begin starts. A state that Continue has made has its number already.
func (st State) opening() int {
	if st.Phase == PhaseBegin && st.Round > 0 {
		return st.Round
	}
	return st.Round + 1
}

// Announce starts a round as Begin does, for a method that needs no shared weights: the engine is not called. What the
// last front uses of the subset is inherited.
func (s Search) Announce(st State, subset []Path) (State, error) {
	next := st
	next.Round, next.Phase, next.Step, next.Trials = st.opening(), PhaseTrain, 0, nil
	if st.Round == 0 {
		next.Pool = len(s.Problem.Pool)
	}
	next.Opening = st.Spent
	used := Aggregate(st.Front, len(subset))
	next.Space = space.Space{Layers: make([]space.Layer, len(subset))}
	for l, ops := range subset {
		next.Space.K = max(next.Space.K, len(ops))
		for _, op := range ops {
			if slices.Contains(used[l], op) {
				next.Space.Layers[l].Kept = append(next.Space.Layers[l].Kept, op)
			} else {
				next.Space.Layers[l].New = append(next.Space.Layers[l].New, op)
			}
		}
	}
	size := s.Problem.SubsetSize(subset, s.Config.Branches()).String()
	return next, s.Emit(&next, RoundStarted{Subset: subset, Inherited: next.Space.Inherited(), SubsetSize: size})
}

// TrainOn takes the next weight update of the round on architecture a (eq. 2). The caller offers the state as a
// checkpoint. A loss that is not finite is an error.
func (s Search) TrainOn(st State, a Arch) (State, error) {
	loss, err := s.Engine.Train(Step{st.Round, st.Step, s.Config.TrainSteps}, a)
	return s.trained(st, loss, err)
}

// TrainMixed takes the next weight update of the round as TrainOn does, on a mixture of the operations of every layer.
func (s Search) TrainMixed(st State, e Mixing, weights [][]float64) (State, error) {
	loss, err := e.TrainMixed(Step{st.Round, st.Step, s.Config.TrainSteps}, weights)
	return s.trained(st, loss, err)
}

// trained counts a weight update and reports it. With err it has not been.
func (s Search) trained(st State, loss float64, err error) (State, error) {
	if err := finite(err, loss); err != nil {
		return st, fmt.Errorf("train step %d: %w", st.Step, err)
	}
	next := st
	err = s.Emit(&next, Trained{st.Step, loss})
	next.Step++
	return next, err
}

// Measure has the engine measure two architectures on a held-out batch (eq. 6, 7). Numbers that are missing or not
// finite are an error.
func (s Search) Measure(step Step, a, b Arch) (Gradient, error) {
	g, err := s.Engine.Fitness(step, a, b)
	if err == nil && (len(g.A) != len(a) || len(g.B) != len(a)) {
		err = fmt.Errorf("gradient of %d and %d layers, the network has %d", len(g.A), len(g.B), len(a))
	}
	if err := finite(err, append(append([]float64{g.Loss}, g.A...), g.B...)...); err != nil {
		return g, fmt.Errorf("fitness step %d: %w", step.Index, err)
	}
	return g, nil
}

// MeasureMixed has the engine measure a mixture on a held-out batch, as Measure does.
func (s Search) MeasureMixed(step Step, e Mixing, weights [][]float64) (loss float64, products [][]float64, err error) {
	loss, products, err = e.FitnessMixed(step, weights)
	if err == nil && !slices.EqualFunc(products, weights, func(a, b []float64) bool { return len(a) == len(b) }) {
		err = errors.New("the products do not fit the weights")
	}
	if err := finite(err, append(slices.Concat(products...), loss)...); err != nil {
		return 0, nil, fmt.Errorf("fitness step %d: %w", step.Index, err)
	}
	return loss, products, nil
}
