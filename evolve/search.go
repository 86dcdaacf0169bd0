package evolve

import (
	"context"
	"fmt"
	"time"
)

// Search is a search by Neural Search-space Evolution. Problem, Config and Engine are needed. Run and Continue change
// no field; a Search serves one call at a time, as its Engine does.
type Search struct {
	Problem Problem
	Config  Config
	Seed    uint64 // of everything random in the search
	Engine  Engine
	// Method decides what is trained and scored. Nil is NSE.
	Method Method
	// Budget bounds what the search spends. The zero value has no bounds.
	Budget BudgetConfig
	// Elapsed is how long the search has run with the present pool, in all processes. Nil is no clock: Budget.Time is
	// not minded.
	Elapsed func() time.Duration

	// Arrivals returns the operations that have come since its last call, in order. They get the next ids. With wait it
	// returns only when some have come, or an empty list when none will come: the search would end without any. Its
	// error ends the search. A nil Arrivals means that none ever come.
	Arrivals func(ctx context.Context, wait bool) ([]Candidate, error)
	// Observe receives every event, in order. Its error ends the search. A nil Observe drops the events. Slices in an
	// event share memory with the search: they must not be changed.
	Observe func(Event) error
	// Checkpoint is called at every step boundary with a state from which Run can go on. The engine must then be put
	// into the condition that it has during the call. The state shares memory with the search: encode it before
	// returning. After the context has been cancelled there is one last call. Its error ends the search. A nil
	// Checkpoint is not called.
	Checkpoint func(State) error

	meter *meter // within Run; nil if the engine is not Metered
}

// Validate refuses what Run could not start: settings that make no sense, costs that the pool cannot meet, and what the
// method cannot do. An error about a setting is a *setting.Error, with a key of the table [search]. One about the
// budget has the whole key, such as budget.macs. With a nil Engine no prices are known, so that budgets are not minded.
func (s Search) Validate() error { return s.validate(State{}) }

// Reach returns the costs of the cheapest and of the dearest architecture of the whole space, in the unit of the
// candidates' cost.
func (s Search) Reach() (least, greatest float64) {
	return s.Problem.Reach(s.Problem.Everything(), s.Config.Branches())
}

// Run takes the search from a state to its end, by its method. The zero State starts a new search. A state from the
// middle of a round needs an engine with the round's subset (State.Space.Subset) and the weights that belong to it.
//
// Run returns the state of the last step boundary, also with an error. If the context was cancelled, the error is the
// context's. An invalid state or setting is an error before the engine is called. The result's State.Reason says why
// the search ended.
//
// Equal problems, configurations, seeds, engines and states give equal events and results.
func (s Search) Run(ctx context.Context, st State) (State, error) {
	err := s.validate(st)
	if err == nil && st.Round == 0 && st.Phase == PhaseBegin {
		err = s.CheckStart(ctx)
	}
	if err != nil && !cancelled(ctx, err) { // begin ends a search that was cancelled
		return st, fmt.Errorf("evolve: %w", err)
	}
	s.meter = newMeter(s.Engine, st)
	method := s.method()
	for st.Phase != PhaseFinished {
		var err error
		st, err = method.Advance(ctx, &s, st)
		if cancelled(ctx, err) {
			if err := s.checkpoint(st); err != nil {
				return st, fmt.Errorf("evolve: %w", err)
			}
			return st, ctx.Err()
		}
		if err != nil {
			return st, fmt.Errorf("evolve: round %d: %w", max(st.Round, 1), err)
		}
	}
	return st, nil
}

// round takes the search through the steps of a round, from the one at which it stands. It returns the problem too,
// since operations that have come join its pool. When the time is over it goes no further.
func (s Search) round(ctx context.Context, st State) (Problem, State, error) {
	for _, step := range []struct {
		phase Phase
		run   func(context.Context, State) (State, error)
	}{
		{PhaseBegin, s.begin},       // fresh weights and fitness on the subset
		{PhaseTrain, s.train},       // weights by SGD (3.2.2), fitness by Adam, simplification (3.3.1)
		{PhaseSample, s.sample},     // architectures within the constraint, by fitness (3.3.2)
		{PhaseScore, s.Score},       // with BN recalibrated, the previous front too (Lock and Rehearse)
		{PhaseRetrieve, s.Retrieve}, // the Pareto front, edged (3.3.2)
	} {
		if st.Phase != step.phase {
			continue
		}
		var err error
		if st, err = step.run(ctx, st); err != nil || s.OverTime() {
			return s.Problem, st, err
		}
	}
	kept := s.aggregate(st)           // the operations that the front uses (3.3.2)
	return s.replenish(ctx, st, kept) // filled up from the pending lists (3.3.3)
}

// Emit reports an event and counts it in st, with what the engine has spent until then. With an error it counts
// nothing.
func (s Search) Emit(st *State, body Body) error {
	if s.Observe != nil {
		if err := s.Observe(Event{st.Events, st.Round, body}); err != nil {
			return err
		}
	}
	st.Events++
	if s.meter != nil {
		st.Spent = s.meter.spent()
	}
	return nil
}

// Boundary offers a state as a checkpoint and returns the context's error.
func (s Search) Boundary(ctx context.Context, st State) error {
	if err := s.checkpoint(st); err != nil {
		return err
	}
	return ctx.Err()
}

// checkpoint offers a state as a checkpoint.
func (s Search) checkpoint(st State) error {
	if s.Checkpoint == nil {
		return nil
	}
	if err := s.Checkpoint(st); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}
