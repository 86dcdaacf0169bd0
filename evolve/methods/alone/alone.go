// Package alone runs searches that judge one architecture after another, each trained alone. What comes next follows
// from what has been judged: a method of this kind is one function, a Proposer, and its state is the list of trials.
// Most have a single round. One with several has a front after each, and goes on in a second pool.
//
// Engines that train no single architecture (evolve.Solo) are asked for scores instead.
package alone

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/prior"
	"github.com/nse-dev/nse/internal/setting"
)

// Config says how long architectures are trained alone, and how many.
type Config struct {
	// Epochs is the length of one evaluation, in epochs. Halving and Hyperband have rungs instead.
	Epochs int `toml:"epochs"`
	// Evaluations is the number of evaluations after which a search without a budget ends, each of so many epochs.
	// Methods with rungs end after as many epochs in all.
	Evaluations int `toml:"evaluations"`
}

// Default trains 30 architectures for 4 epochs.
func Default() Config { return Config{Epochs: 4, Evaluations: 30} }

// Validate refuses lengths below 1, by *setting.Error.
func (c Config) Validate() error {
	const most = 100_000
	switch {
	case c.Epochs < 1 || c.Epochs > most:
		return setting.Errorf("epochs", c.Epochs, "want 1 to %d", most)
	case c.Evaluations < 1 || c.Evaluations > most:
		return setting.Errorf("evaluations", c.Evaluations, "want 1 to %d", most)
	}
	return nil
}

// Method implements evolve.Method by a proposer.
type Method struct {
	Config
	Next Proposer
	// Ahead is how many evaluations may have no result yet when the next one is proposed. With an engine that is
	// evolve.Ahead, so many and one more are trained at a time.
	Ahead int
}

// Independent is the Ahead of methods whose proposals do not depend on results.
const Independent = 31

// Validate implements evolve.Method. It refuses a state that does not belong to a search of this kind.
func (Method) Validate(s evolve.Search, st evolve.State) error {
	if st.Round == 0 && st.Phase == evolve.PhaseBegin {
		return nil
	}
	phases := []evolve.Phase{evolve.PhaseScore, evolve.PhaseReplenish, evolve.PhaseFinished}
	if st.Round > 1 {
		phases = append(phases, evolve.PhaseBegin)
	}
	var err error
	switch undone := func(t evolve.Trial) bool { return !t.Done }; {
	case st.Round < 1:
		err = fmt.Errorf("round %d", st.Round)
	case !slices.Contains(phases, st.Phase):
		err = fmt.Errorf("phase %q is none of this method", st.Phase)
	case st.Events < 0:
		err = fmt.Errorf("%d events", st.Events)
	case st.Before < 0 || st.Before >= st.Round:
		err = fmt.Errorf("a pool after round %d", st.Before)
	case len(st.Space.Layers) != len(s.Problem.Normal):
		err = fmt.Errorf("space of %d layers, the network has %d", len(st.Space.Layers), len(s.Problem.Normal))
	case slices.ContainsFunc(st.Trials, undone):
		err = fmt.Errorf("an architecture is not evaluated")
	default:
		err = check(s, st)
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// check refuses operations and architectures that the network cannot run.
func check(s evolve.Search, st evolve.State) error {
	for _, ops := range choice(st) {
		if err := s.Problem.CheckOps(ops); err != nil {
			return fmt.Errorf("space: %w", err)
		}
	}
	past, err := past(st)
	if err != nil {
		return err
	}
	return cmp.Or(s.CheckArchs(st), s.CheckArchs(evolve.State{Trials: past}))
}

// past lists the trials of the rounds before, from the state's memory.
func past(st evolve.State) (trials []evolve.Trial, err error) {
	if st.Memory == nil {
		return nil, nil
	}
	if err := json.Unmarshal(st.Memory, &trials); err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	return trials, nil
}

// fresh lists the trials of this round without the front of the last one.
func fresh(st evolve.State) []evolve.Trial {
	return slices.DeleteFunc(slices.Clone(st.Trials), func(t evolve.Trial) bool { return t.Rehearsed })
}

// choice lists what a state's space has for every layer, whatever waits there included.
func choice(st evolve.State) []evolve.Path {
	ops := make([]evolve.Path, len(st.Space.Layers))
	for l, layer := range st.Space.Layers {
		ops[l] = slices.Concat(layer.Kept, layer.New, layer.Pending)
		slices.Sort(ops[l])
	}
	return ops
}

// Advance implements evolve.Method: it evaluates architectures until there is none or the budget is spent. The front of
// a round is that of the architectures that were trained for the most epochs, with those of the front before it.
func (m Method) Advance(ctx context.Context, s *evolve.Search, st evolve.State) (evolve.State, error) {
	r := run{Search: *s, config: m.Config, next: m.Next, ahead: m.Ahead}
	var err error
	if r.past, err = past(st); err != nil {
		return st, err
	}
	switch st.Phase {
	case evolve.PhaseBegin:
		return r.begin(ctx, st)
	case evolve.PhaseScore:
		next, err := r.evaluate(ctx, st)
		if broken, ok := errors.AsType[*evolve.Broken](err); ok {
			return r.quarantine(ctx, next, broken)
		}
		return next, err
	}
	s.Problem, st, err = r.end(ctx, st)
	return st, err
}

// run is a search with its method.
type run struct {
	evolve.Search
	config Config
	next   Proposer
	ahead  int
	past   []evolve.Trial // of the rounds before
}

// begin announces a round on the whole pool, or on what Continue has left of it: the operations of the front, and the
// second pool. The round has the front of the one before. Only an engine that scores is told to begin.
func (r run) begin(ctx context.Context, st evolve.State) (evolve.State, error) {
	start := r.Begin
	if r.solo() != nil {
		start = r.Announce
	}
	subset := r.Problem.Everything()
	if st.Round > 0 {
		subset = choice(st)
	}
	next, err := start(st, subset)
	if err != nil {
		return st, err
	}
	next.Phase, next.Trials = evolve.PhaseScore, []evolve.Trial{}
	for i, m := range st.Front {
		t := evolve.Trial{Member: m, Rehearsed: true, Done: true}
		next.Trials = append(next.Trials, t)
		if err := r.Emit(&next, evolve.Scored{Index: i, Done: i + 1, Total: len(st.Front), Trial: t}); err != nil {
			return st, err
		}
	}
	return next, r.Boundary(ctx, next)
}

// solo is the engine, if it trains single architectures.
func (r run) solo() evolve.Solo {
	solo, _ := r.Engine.(evolve.Solo)
	return solo
}

// evaluate goes from proposal to proposal. A boundary follows each evaluation, in the order of the proposals. Those
// that do not wait for the first one are trained beside it.
func (r run) evaluate(ctx context.Context, st evolve.State) (evolve.State, error) {
	q := r.queue(ctx, st)
	defer q.close()
	for !r.OverTime() {
		if reason, more := r.fill(q, st); !more {
			return r.retrieve(ctx, st, reason)
		}
		p := q.first()
		epochs := r.epochs(r.trials(st), p)
		if r.evaluations(st, p, epochs) < 1 { // what was before it has spent more than was planned
			return r.retrieve(ctx, st, exhausted(st))
		}
		next, err := r.try(ctx, st, p)
		if err != nil {
			return st, err
		}
		n := len(next.Trials)
		event := evolve.Scored{Index: n - 1, Done: n, Total: n, Trial: next.Trials[n-1]}
		if left := r.evaluations(next, p, epochs); !math.IsInf(left, 0) {
			event.Total += int(left)
		}
		if err := r.Emit(&next, event); err != nil {
			return st, err
		}
		st = next
		if err := r.Boundary(ctx, st); err != nil {
			return st, err
		}
	}
	return r.retrieve(ctx, st, exhausted(st))
}

// quarantine goes on without a broken operation. The round ends if a reduction layer has no other. What is not in the
// space was not proposed, so that the engine's error is returned.
func (r run) quarantine(ctx context.Context, st evolve.State, b *evolve.Broken) (evolve.State, error) {
	if !slices.Contains(slices.Concat(st.Space.Subset()...), b.Op) {
		return st, b
	}
	next, err := r.Without(st, b)
	if err != nil {
		return st, err
	}
	if reason := r.Unfilled(next); reason != "" {
		return r.retrieve(ctx, next, reason)
	}
	return next, r.Boundary(ctx, next)
}

// last says why a round is the last, if it is.
func (r run) last(st evolve.State) string {
	if most := r.Config.MaxRounds; most > 0 && st.Round-st.Before >= most {
		return fmt.Sprintf("round %d is the last by max_rounds", st.Round)
	}
	return ""
}

// trials lists all trials of a state, the earliest first.
func (r run) trials(st evolve.State) []evolve.Trial { return append(slices.Clip(r.past), fresh(st)...) }

// history is what a state has of evaluations.
func (r run) history(st evolve.State) History {
	subset := st.Space.Subset()
	return History{Trials: r.trials(st), Before: len(r.past), Round: st.Round, Seed: r.Seed,
		Epochs: r.config.Epochs, Attempts: r.Config.Front.Attempts, Problem: r.Problem, Subset: subset,
		Prior: prior.New(r.Search, subset)}
}

// try evaluates a proposal. The trial is the last of the result's.
func (r run) try(ctx context.Context, st evolve.State, p Proposal) (evolve.State, error) {
	t := r.trial(st, p)
	t.Done = true
	var err error
	if t.Accuracy, err = r.measure(ctx, p); err != nil {
		return st, fmt.Errorf("evaluation %d: %w", len(st.Trials)+1, err)
	}
	if !(t.Accuracy >= 0 && t.Accuracy <= 1) {
		return st, fmt.Errorf("the engine measured accuracy %v: want 0 to 1", t.Accuracy)
	}
	st.Trials = append(slices.Clip(st.Trials), t)
	return st, nil
}

// measure trains an architecture alone, or has it scored.
func (r run) measure(ctx context.Context, p Proposal) (accuracy float64, err error) {
	if solo := r.solo(); solo != nil {
		return solo.Alone(ctx, p.Arch, p.Ends)
	}
	err = r.Engine.Score(ctx, []evolve.Arch{p.Arch}, func(_ int, a float64) error {
		accuracy = a
		return nil
	})
	return accuracy, err
}

// retrieve makes the front of what was trained longest, remembers the trials, and why evaluation has ended: with an
// empty reason another round follows. Without a trial the search ends.
func (r run) retrieve(ctx context.Context, st evolve.State, reason string) (evolve.State, error) {
	trials := longest(st.Trials)
	if len(trials) == 0 && reason != "" {
		return r.Finish(ctx, st, reason)
	}
	least, greatest := r.Reach()
	c := r.Config.Constraint
	next := st
	var err error
	if next.Memory, err = json.Marshal(r.trials(st)); err != nil {
		return st, err
	}
	if len(trials) == 0 { // all of it uses what was quarantined
		next.Phase, next.Trials = evolve.PhaseReplenish, nil
		return next, r.Boundary(ctx, next)
	}
	next.Phase, next.Trials, next.Reason = evolve.PhaseRetrieve, trials, reason
	found := len(trained(fresh(st)))
	err = r.Emit(&next, evolve.Sampled{Rehearsed: len(st.Trials) - len(fresh(st)), Feasibility: evolve.Feasibility{
		Low: c.Low(), High: c.High(), Least: least, Greatest: greatest, Wanted: found, Found: found},
		Unsampled: r.Problem.Outside(choice(st), r.Config.Branches(), c.Low(), c.High())})
	if err != nil {
		return st, err
	}
	if next, err = r.Retrieve(ctx, next); err != nil && next.Phase == evolve.PhaseRetrieve {
		return st, err // there was no boundary
	}
	return next, err
}

// longest lists the trials of the most epochs, without those that a quarantine took out.
func longest(trials []evolve.Trial) []evolve.Trial {
	trials = slices.DeleteFunc(slices.Clone(trials), func(t evolve.Trial) bool { return t.Gone })
	most := 0
	for _, t := range trials {
		most = max(most, t.Epochs)
	}
	return slices.DeleteFunc(trials, func(t evolve.Trial) bool { return t.Epochs < most })
}

// end finishes a round that has its front. Without a reason to end the search another one begins, on the same choice
// and the operations that have come. It returns the problem too, whose pool these join.
func (r run) end(ctx context.Context, st evolve.State) (evolve.Problem, evolve.State, error) {
	var err error
	if st.Reason == "" {
		if r.Problem, st, err = r.Admit(ctx, st, false); err != nil {
			return r.Problem, st, err
		}
	}
	next := st
	if err := r.Emit(&next, evolve.Aggregated{Kept: evolve.Aggregate(st.Front, len(r.Problem.Normal))}); err != nil {
		return r.Problem, st, err
	}
	if st.Reason != "" {
		next, err = r.Finish(ctx, next, st.Reason)
		return r.Problem, next, err
	}
	begun, err := r.begin(ctx, next)
	if begun.Round == st.Round {
		begun = st // there was no boundary
	}
	return r.Problem, begun, err
}
