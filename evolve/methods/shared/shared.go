// Package shared runs searches that train one set of weights for the whole pool, and then score architectures with
// them. Such a search is one round: all operations of the pool are in every layer from the start to the end, and
// nothing is simplified. A method of this kind says what a weight update is and what is scored.
//
// Operations that arrive while a search runs are not taken in.
package shared

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/evolve"
)

// Method is what makes a search on shared weights. The search that its functions get is single-branch if Single is
// true, and its Config.TrainSteps is the number of weight updates in all.
type Method struct {
	// Single says that layers have at most one operation, whatever the settings say.
	Single bool
	// Begin returns the state with what the method remembers before the first weight update. A nil Begin remembers
	// nothing.
	Begin func(s evolve.Search, st evolve.State) (evolve.State, error)
	// Step takes the next weight update, and all that goes with it. With an error it returns the state that belongs to
	// what the engine has done.
	Step func(s evolve.Search, st evolve.State) (evolve.State, error)
	// Next lists the architectures to score after those of st.Trials, and how many were wanted. Those that are Gone
	// count for nothing. The search ends when there are none.
	Next func(s evolve.Search, st evolve.State) (archs []evolve.Arch, wanted int, err error)
	// Cost is how many MACs are expected from the next weight update to the last, if there are n in all. It does not
	// fall with n. Before the start it is that of all updates.
	Cost func(s evolve.Search, e evolve.Priced, st evolve.State) func(n int) float64
	// Share is the part of a budget of MACs that training gets, 0 to 1. It gets more where fewer scores are wanted than
	// the rest pays for.
	Share float64
	// Scores is the number of architectures that the method scores in all if the budget pays for them.
	Scores func(s evolve.Search) int
	// Without takes an operation out of what the method remembers. A nil Without changes nothing.
	Without func(s evolve.Search, st evolve.State, op evolve.OpID) (evolve.State, error)
}

// Validate refuses a search whose budget the space does not meet, and a state that does not belong to it.
func (m Method) Validate(s evolve.Search, st evolve.State) error {
	s = m.search(s)
	if err := s.CheckReach(); err != nil {
		return err
	}
	if st.Round == 0 && st.Phase == evolve.PhaseBegin {
		return run{s, m}.checkBudget(st)
	}
	phases := []evolve.Phase{evolve.PhaseTrain, evolve.PhaseScore, evolve.PhaseReplenish, evolve.PhaseFinished}
	var err error
	switch {
	case st.Before > 0:
		return errors.New("the method cannot go on with another pool: start a search with all operations")
	case st.Round != 1:
		err = fmt.Errorf("round %d, want 1", st.Round)
	case !slices.Contains(phases, st.Phase):
		err = fmt.Errorf("phase %q is none of this method", st.Phase)
	case len(st.Space.Layers) != len(s.Problem.Normal):
		err = fmt.Errorf("space of %d layers, the network has %d", len(st.Space.Layers), len(s.Problem.Normal))
	case st.Step < 0 || st.Events < 0:
		err = fmt.Errorf("step %d, %d events", st.Step, st.Events)
	case st.Phase == evolve.PhaseReplenish && len(st.Front) == 0:
		err = errors.New("no front")
	}
	if err == nil {
		err = cmp.Or(s.CheckSpace(st), s.CheckArchs(st))
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// search is the search as the method's functions see it.
func (m Method) search(s evolve.Search) evolve.Search {
	s.Config.SingleBranch = s.Config.SingleBranch || m.Single
	return s
}

// Advance is evolve.Method.Advance: it takes the step that comes next in the round. A broken operation is quarantined.
func (m Method) Advance(ctx context.Context, s *evolve.Search, st evolve.State) (evolve.State, error) {
	r := run{m.search(*s), m}
	next, err := r.advance(ctx, st)
	if broken, ok := errors.AsType[*evolve.Broken](err); ok && next.Round > 0 {
		return r.quarantine(ctx, next, broken)
	}
	return next, err
}

// run is a search with its method.
type run struct {
	evolve.Search
	method Method
}

func (r run) advance(ctx context.Context, st evolve.State) (evolve.State, error) {
	switch st.Phase {
	case evolve.PhaseBegin:
		return r.begin(ctx, st)
	case evolve.PhaseTrain:
		return r.train(ctx, st)
	case evolve.PhaseSample:
		return r.propose(ctx, st)
	case evolve.PhaseScore:
		return r.score(ctx, st)
	}
	return r.end(ctx, st)
}

// begin takes the whole pool as the subset of every layer.
func (r run) begin(ctx context.Context, st evolve.State) (evolve.State, error) {
	next, err := r.Search.Begin(st, r.Problem.Everything())
	if err == nil && r.method.Begin != nil {
		next, err = r.method.Begin(r.Search, next)
	}
	if err != nil {
		return st, err
	}
	return next, r.Boundary(ctx, next)
}

// train takes weight updates. A boundary follows each of them. When the time is over there are no more.
func (r run) train(ctx context.Context, st evolve.State) (_ evolve.State, err error) {
	scoring, configured := r.scoring(st), r.Config.TrainSteps
	for !r.OverTime() {
		r.Config.TrainSteps = configured
		if r.Config.TrainSteps = r.steps(st, scoring); st.Step >= r.Config.TrainSteps {
			break
		}
		if st, err = r.method.Step(r.Search, st); err != nil {
			return st, err
		}
		if err := r.Boundary(ctx, st); err != nil {
			return st, err
		}
	}
	st.Phase = evolve.PhaseSample
	return st, nil
}

// propose lists what is scored next, or retrieves the front if there is nothing more to score.
func (r run) propose(ctx context.Context, st evolve.State) (evolve.State, error) {
	archs, wanted, err := r.method.Next(r.Search, st)
	if err != nil {
		return st, err
	}
	archs = r.affordable(st, archs)
	next := st
	if len(st.Trials) > 0 && (len(archs) == 0 || r.OverTime()) {
		next.Phase = evolve.PhaseRetrieve
		return r.Retrieve(ctx, next)
	}
	next.Phase, next.Trials = evolve.PhaseScore, slices.Clip(st.Trials)
	for _, a := range archs {
		next.Trials = append(next.Trials,
			evolve.Trial{Member: evolve.Member{Arch: a, Cost: r.Problem.Cost(a), Round: st.Round}})
	}
	least, greatest := r.Problem.Reach(st.Space.Subset(), r.Config.Branches())
	c, n := r.Config.Constraint, len(archs)
	event := evolve.Sampled{Feasibility: evolve.Feasibility{Low: c.Low(), High: c.High(), Least: least,
		Greatest: greatest, Wanted: wanted, Found: n, Draws: n, Accepted: n}}
	if len(st.Trials) == 0 {
		event.Unsampled = r.Problem.Outside(st.Space.Subset(), r.Config.Branches(), c.Low(), c.High())
	}
	if err := r.Emit(&next, event); err != nil {
		return st, err
	}
	if n == 0 {
		return r.Retrieve(ctx, next) // which ends the search
	}
	return next, r.Boundary(ctx, next)
}

// score scores what was proposed. What comes next is proposed then. When the time is over, what is scored by then
// counts.
func (r run) score(ctx context.Context, st evolve.State) (evolve.State, error) {
	next, err := r.Score(ctx, st)
	if err != nil {
		return next, err
	}
	next.Phase = evolve.PhaseSample
	next.Trials = slices.DeleteFunc(slices.Clone(next.Trials), func(t evolve.Trial) bool { return !t.Done && !t.Gone })
	return next, nil
}

// end finishes a search that has its front.
func (r run) end(ctx context.Context, st evolve.State) (evolve.State, error) {
	next := st
	if err := r.Emit(&next, evolve.Aggregated{Kept: evolve.Aggregate(st.Front, len(r.Problem.Normal))}); err != nil {
		return st, err
	}
	return r.Finish(ctx, next, "all that was wanted has been scored, as far as the budget goes")
}

// quarantine goes on without a broken operation. The search ends if a reduction layer has no other.
func (r run) quarantine(ctx context.Context, st evolve.State, b *evolve.Broken) (evolve.State, error) {
	next, err := r.Search.Without(st, b)
	if err == nil && r.method.Without != nil {
		next, err = r.method.Without(r.Search, next, b.Op)
	}
	if err != nil {
		return st, err
	}
	if reason := r.Unfilled(next); reason != "" {
		return r.Finish(ctx, next, reason)
	}
	return next, r.Boundary(ctx, next)
}
