package evolve

import (
	"context"
	"errors"
	"fmt"
)

// Search is a search by Neural Search-space Evolution.
type Search struct {
	Problem Problem
	Config  Config
	Seed    uint64
	Engine  Engine

	// Arrivals returns the operations that have come since its last call, in order: they get the next ids. With wait it
	// returns only when some have come, or nothing when none will come; the search would end without any. nil: none ever come.
	Arrivals func(ctx context.Context, wait bool) ([]Candidate, error)
	// Observe receives every event, in order; nil drops them. Its error ends the search.
	Observe func(Event) error
	// Checkpoint is called at every step boundary with a state from which Run can go on, given an engine in the condition
	// that it has at that moment; nil is never called. The state shares memory with the search: encode it before
	// returning. When the context has been cancelled the last call comes after that. Its error ends the search.
	Checkpoint func(State) error
}

// Validate refuses what Run could not start: settings that make no sense, and a budget that the pool cannot meet.
func (s Search) Validate() error { return s.validate(State{}) }

// Reach returns the costs of the cheapest and of the dearest architecture of the whole space.
func (s Search) Reach() (least, greatest float64) {
	return s.Problem.Reach(s.Problem.everything(), s.Config.branches())
}

// Run takes the search from a state, the zero State for a new one, to its end. A state from the middle of a round
// needs an engine with the round's subset (State.Space.Subset) and the weights that belong to it. Run returns the last
// step boundary's state, with the context's error if it was cancelled. Equal problems, configurations, seeds, engines
// and states give equal events and results.
func (s Search) Run(ctx context.Context, st State) (State, error) {
	if err := s.validate(st); err != nil {
		return st, fmt.Errorf("evolve: %w", err)
	}
	for st.Phase != PhaseFinished {
		next, err := s.round(ctx, st)
		st = next
		if cancelled := ctx.Err(); cancelled != nil && errors.Is(err, cancelled) {
			return st, s.leave(cancelled, st)
		}
		if broken, ok := errors.AsType[*Broken](err); ok && st.Round > 0 {
			st, err = s.quarantine(ctx, st, broken)
		}
		if err != nil {
			return st, fmt.Errorf("evolve: round %d: %w", max(st.Round, 1), err)
		}
	}
	return st, nil
}

// round takes the search through the steps of a round, from the one at which it stands.
func (s *Search) round(ctx context.Context, st State) (State, error) {
	for _, step := range []struct {
		phase Phase
		run   func(context.Context, State) (State, error)
	}{
		{PhaseBegin, s.begin},         // fresh weights and fitness on the subset
		{PhaseTrain, s.train},         // weights by SGD, fitness by Adam; simplify (3.2, 3.3.1)
		{PhaseSample, s.sample},       // within the constraint, by fitness (3.3.2)
		{PhaseScore, s.score},         // with BN recalibrated, the previous front too
		{PhaseRetrieve, s.retrieve},   // the Pareto front
		{PhaseReplenish, s.replenish}, // what the front uses, filled up from the pending lists (3.3.3)
	} {
		if st.Phase != step.phase {
			continue
		}
		var err error
		if st, err = step.run(ctx, st); err != nil {
			return st, err
		}
	}
	return st, nil
}

// emit reports an event and counts it.
func (s Search) emit(st *State, body Body) error {
	if s.Observe != nil {
		if err := s.Observe(Event{st.Events, st.Round, body}); err != nil {
			return err
		}
	}
	st.Events++
	return nil
}

// boundary offers a state as a checkpoint and returns the context's error.
func (s Search) boundary(ctx context.Context, st State) error {
	if s.Checkpoint != nil {
		if err := s.Checkpoint(st); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	return ctx.Err()
}

// leave offers the last checkpoint of a search that was cancelled.
func (s Search) leave(cancelled error, st State) error {
	if s.Checkpoint != nil {
		if err := s.Checkpoint(st); err != nil {
			return fmt.Errorf("evolve: checkpoint: %w", err)
		}
	}
	return cancelled
}
