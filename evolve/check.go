package evolve

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/setting"
)

// validate refuses what Run could not run on, so that a damaged checkpoint ends in one line.
func (s Search) validate(st State) error {
	if err := s.Config.Validate(); err != nil {
		return err
	}
	if err := s.Problem.Validate(); err != nil {
		return err
	}
	err := cmp.Or(s.method().Validate(s, st), s.CheckReach(), setting.In("budget", s.Budget.Validate()))
	if err == nil && s.Engine != nil {
		err = s.checkBudget()
	}
	return err
}

// CheckReach refuses a budget that no architecture of the whole space meets, by *setting.Error.
func (s Search) CheckReach() error {
	least, greatest := s.Reach()
	if c := s.Config.Constraint; least > c.High() || greatest < c.Low() {
		return setting.Errorf("constraint.tau", c.Tau,
			"costs of %.6g to %.6g are asked for, the pool makes %.6g to %.6g", c.Low(), c.High(), least, greatest)
	}
	return nil
}

// Validate implements Method.
func (NSE) Validate(s Search, st State) error {
	if len(s.Problem.Pool) < s.Config.K {
		return setting.Errorf("k", s.Config.K, "want at most %d, the operations of the pool", len(s.Problem.Pool))
	}
	if st.Round == 0 && st.Phase == PhaseBegin {
		return cmp.Or(s.CheckReach(), s.checkFirstRound())
	}
	if err := s.checkState(st); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// CheckStart refuses a search by NSE of which no subset yields an architecture within the constraint interval, as its
// first round would. Drawing them may take seconds. A cancelled context is its error.
func (s Search) CheckStart(ctx context.Context) error {
	if _, is := s.method().(NSE); !is {
		return nil
	}
	_, _, err := s.firstSpace(ctx)
	return err
}

// checkState refuses a state that does not belong to the search.
func (s Search) checkState(st State) error {
	layers := len(s.Problem.Normal)
	phases := []Phase{PhaseBegin, PhaseTrain, PhaseSample, PhaseScore, PhaseRetrieve, PhaseReplenish, PhaseFinished}
	switch {
	case st.Round < 1:
		return fmt.Errorf("round %d", st.Round)
	case !slices.Contains(phases, st.Phase):
		return fmt.Errorf("unknown phase %q", st.Phase)
	case st.Step < 0 || st.Step > s.Config.TrainSteps:
		return fmt.Errorf("step %d of %d", st.Step, s.Config.TrainSteps)
	case st.Events < 0:
		return fmt.Errorf("%d events", st.Events)
	case st.Before < 0 || st.Before >= st.Round || st.Pool < 0:
		return fmt.Errorf("a pool of %d after round %d", st.Pool, st.Before)
	case st.Space.K != s.Config.K || len(st.Space.Layers) != layers:
		return fmt.Errorf("space of %d layers with k = %d, want %d with %d",
			len(st.Space.Layers), st.Space.K, layers, s.Config.K)
	case st.Phase != PhaseBegin && len(st.Fitness) != layers:
		return fmt.Errorf("fitness of %d layers, the network has %d", len(st.Fitness), layers)
	}
	if err := s.CheckSpace(st); err != nil {
		return err
	}
	normal := s.Problem.Normal
	if st.Phase == PhaseFinished {
		normal = slices.Repeat([]bool{true}, layers) // a search may end because a layer has lost every operation
	}
	if err := st.Fitness.Check(st.Space.Subset(), normal); err != nil {
		return fmt.Errorf("fitness: %w", err)
	}
	return s.CheckArchs(st)
}

// CheckSpace refuses layers with operations that are unknown, twice there, too many or too few.
func (s Search) CheckSpace(st State) error {
	for l, layer := range st.Space.Layers {
		all := slices.Concat(layer.Kept, layer.New, layer.Pending)
		if err := s.Problem.CheckOps(all); err != nil {
			return fmt.Errorf("space: layer %d: %w", l, err)
		}
		slices.Sort(all)
		if len(slices.Compact(all)) != len(layer.Kept)+len(layer.New)+len(layer.Pending) {
			return fmt.Errorf("space: layer %d has an operation twice", l)
		}
		n := len(layer.Kept) + len(layer.New)
		if n > st.Space.K || (n == 0 && !s.Problem.Normal[l] && st.Phase != PhaseFinished) {
			return fmt.Errorf("space: layer %d has %d operations", l, n)
		}
	}
	return nil
}

// CheckArchs refuses a front and trials that the network cannot run.
func (s Search) CheckArchs(st State) error {
	for i, m := range st.Front {
		if err := s.Problem.CheckArch(m.Arch); err != nil {
			return fmt.Errorf("front: architecture %d: %w", i, err)
		}
	}
	for i, t := range st.Trials {
		if err := s.Problem.CheckArch(t.Arch); err != nil {
			return fmt.Errorf("trials: architecture %d: %w", i, err)
		}
		if st.Phase == PhaseRetrieve && !t.Done {
			return fmt.Errorf("trials: architecture %d is not scored", i)
		}
	}
	return nil
}
