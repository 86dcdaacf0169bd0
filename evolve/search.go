package evolve

import (
	"context"
	"errors"
)

// Search is a search by Neural Search-space Evolution.
type Search struct {
	Problem Problem
	Config  Config
	Seed    uint64
	Engine  Engine

	// Observe receives every event, in order; nil drops them. Its error ends the search.
	Observe func(Event) error
	// Checkpoint is called at every step boundary with a state from which Run can go on, given an engine in the condition
	// that it has at that moment; nil is never called. The state shares memory with the search: encode it before
	// returning. When the context has been cancelled the last call comes after that. Its error ends the search.
	Checkpoint func(State) error
}

// Run takes the search from a state, the zero State for a new one, to its end. A state from the middle of a round
// needs an engine with the round's subset (State.Space.Subset) and the weights that belong to it. Run returns the last
// step boundary's state, with the context's error if it was cancelled. Equal problems, configurations, seeds, engines
// and states give equal events and results.
func (s Search) Run(ctx context.Context, st State) (State, error) {
	return st, errors.New("evolve: not yet")
}
