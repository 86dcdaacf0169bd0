package relaxation

import (
	"fmt"
	"math"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/shared"
	"github.com/nse-dev/nse/internal/setting"
)

// Method is a search whose memory is Parameters. step takes its weight updates, and cost is what they cost (see
// shared.Method). It scores the n most probable architectures within the constraint interval. All else of a budget goes
// to training.
func Method(
	step func(evolve.Search, evolve.State) (evolve.State, error),
	cost func(evolve.Search, evolve.Priced, evolve.State) func(n int) float64, n int,
) shared.Method {
	return shared.Method{
		Single: true,
		Step:   step,
		Cost:   cost,
		Scores: func(evolve.Search) int { return n },
		Begin: func(s evolve.Search, st evolve.State) (evolve.State, error) {
			return New(s.Seed, st.Round, Choices(s)).Remember(st)
		},
		Next: func(s evolve.Search, st evolve.State) ([]evolve.Arch, int, error) { return next(s, st, n) },
		Without: func(s evolve.Search, st evolve.State, op evolve.OpID) (evolve.State, error) {
			p, err := Recall(st, Choices(s))
			if err != nil {
				return st, err
			}
			return p.Without(op, Choices(s)).Remember(st)
		},
	}
}

// next lists the most probable architectures, if none is scored yet that can be.
func next(s evolve.Search, st evolve.State, n int) (archs []evolve.Arch, wanted int, err error) {
	for _, t := range st.Trials {
		if !t.Gone {
			return nil, n, nil
		}
	}
	choices := Choices(s)
	p, err := Recall(st, choices)
	if err != nil {
		return nil, n, err
	}
	return Probable(s.Problem, s.Config.Constraint, choices, p.Probabilities(), n), n, nil
}

// Choices lists what the layers of a search choose from: the whole pool, with what is broken.
func Choices(s evolve.Search) [][]evolve.Path {
	return shared.Choices(s.Problem, s.Problem.Everything())
}

// Validate refuses a learning rate and a number of candidates that make no sense, by *setting.Error.
func Validate(lr float64, candidates int) error {
	const most = 100_000
	switch {
	case !(lr > 0) || math.IsInf(lr, 0):
		return setting.Errorf("lr", lr, "want a positive number")
	case candidates < 1 || candidates > most:
		return setting.Errorf("candidates", candidates, "want 1 to %d", most)
	}
	return nil
}

// Check is evolve.Method.Validate of a search whose memory is Parameters.
func Check(s evolve.Search, st evolve.State, m shared.Method) error {
	if err := m.Validate(s, st); err != nil || st.Round == 0 {
		return err
	}
	if _, err := Recall(st, Choices(s)); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// Report reports an update of α that has led to p, and returns the state that remembers p. The event gets its θ on some
// steps.
func (p Parameters) Report(
	s evolve.Search, st evolve.State, choices [][]evolve.Path, event evolve.FitnessUpdated, step evolve.Step,
) (evolve.State, error) {
	next, err := p.Remember(st)
	if err != nil {
		return st, err
	}
	if step.Snapshot() {
		event.Theta = p.Operations(choices)
	}
	return next, s.Emit(&next, event)
}
