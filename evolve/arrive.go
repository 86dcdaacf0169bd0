package evolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/evolve/space"
)

// Arrived says that operations came during the search. They wait at the end of every layer's pending list, or at its
// beginning (Candidate.First).
type Arrived struct {
	Ops   []OpID   `json:"ops"`
	Names []string `json:"names"`
}

// Continued says that the search goes on with another pool. What comes in until the next Continued is of that pool, or
// has arrived since.
type Continued struct {
	Pool []OpID `json:"pool"` // its operations
	Kept []Path `json:"kept"` // by layer: what the front uses
}

// Kind is "arrived".
func (Arrived) Kind() string { return "arrived" }

// Kind is "continued".
func (Continued) Kind() string { return "continued" }

// Admit lets operations that have come join the pool. It returns the longer pool, and the state in which they wait at
// the end of every layer's pending list, or at its beginning. With wait it waits for some. Without any, both stay as
// they are.
func (s Search) Admit(ctx context.Context, st State, wait bool) (Problem, State, error) {
	if s.Arrivals == nil {
		return s.Problem, st, nil
	}
	came, err := s.Arrivals(ctx, wait)
	if err != nil || len(came) == 0 {
		return s.Problem, st, err
	}
	event := Arrived{}
	var first, last []OpID
	for _, c := range came {
		id := OpID(len(s.Problem.Pool) + len(event.Ops))
		event.Ops, event.Names = append(event.Ops, id), append(event.Names, c.Name)
		if c.First {
			first = append(first, id)
		} else {
			last = append(last, id)
		}
	}
	grown := s.Problem
	grown.Pool = slices.Concat(s.Problem.Pool, came)
	if err := grown.Validate(); err != nil {
		return s.Problem, st, err
	}
	next := st
	next.Space, next.Pool = st.Space.Append(last).Prepend(first), st.Pool+len(came)
	if err := s.Emit(&next, event); err != nil {
		return s.Problem, st, err
	}
	return grown, next, s.Boundary(ctx, next)
}

// Continue takes a search that has a front to another pool, given by its operations' ids in the problem. What the front
// uses is kept, and the pending lists are new shuffles of that pool. A round in progress is given up.
//
// Run goes on from the state that is returned, and scores the inherited front again. Continue calls no engine. With an
// error st comes back, such as for a search without a front.
func (s Search) Continue(ctx context.Context, st State, pool []OpID) (State, error) {
	if len(st.Front) == 0 {
		return st, errors.New("evolve: there is no front to go on from")
	}
	if err := cmp.Or(s.Problem.Validate(), s.Problem.CheckOps(pool), s.CheckArchs(st)); err != nil {
		return st, fmt.Errorf("evolve: %w", err)
	}
	kept := Aggregate(st.Front, len(s.Problem.Normal))
	next := State{Round: st.Round + 1, Before: st.Round, Pool: len(pool), Front: st.Front, Events: st.Events,
		Memory: st.Memory, Spent: st.Spent, Carried: st.Spent}
	if st.Phase == PhaseBegin {
		next.Round, next.Before = st.Round, st.Round-1
	}
	next.Space = space.Over(pool, kept, s.Config.K, s.spaceSeed(), next.Before)
	if err := s.Emit(&next, Continued{pool, kept}); err != nil {
		return st, err
	}
	return next, s.Boundary(ctx, next)
}
