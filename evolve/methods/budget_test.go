package methods_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/setting"
)

// metered is a learner that counts whole MACs: a million for every unit of cost, in batches of 10 images and scores of
// 500.
type metered struct {
	learner
	problem evolve.Problem
	Ledger  evolve.Ledger
}

const batch, scored = 10, 500

func (e *metered) macs(a evolve.Arch) float64 { return math.Round(1e6 * e.problem.Cost(a)) }

func (e *metered) TrainMACs(a evolve.Arch) float64      { return 3 * batch * e.macs(a) }
func (e *metered) FitnessMACs(a, b evolve.Arch) float64 { return batch * (2*e.macs(a) + e.macs(b)) }
func (e *metered) ScoreMACs(a evolve.Arch) float64      { return scored * e.macs(a) }
func (e *metered) AloneMACs(evolve.Arch, int) float64   { return 0 }
func (e *metered) Spent() evolve.Ledger                 { return e.Ledger }
func (e *metered) Batch() int                           { return batch }
func (e *metered) MixedMACs() (train, fitness float64) {
	all := e.macs(e.problem.Everything())
	return 3 * batch * all, 2 * batch * all
}

func (e *metered) Train(s evolve.Step, a evolve.Arch) (float64, error) {
	e.Ledger.Forward += e.TrainMACs(a)
	e.Ledger.TrainImages += batch
	return e.learner.Train(s, a)
}

func (e *metered) Fitness(s evolve.Step, a, b evolve.Arch) (evolve.Gradient, error) {
	e.Ledger.Fitness += e.FitnessMACs(a, b)
	return e.learner.Fitness(s, a, b)
}

func (e *metered) TrainMixed(s evolve.Step, weights [][]float64) (float64, error) {
	train, _ := e.MixedMACs()
	e.Ledger.Forward += train
	e.Ledger.TrainImages += batch
	return e.learner.TrainMixed(s, weights)
}

func (e *metered) FitnessMixed(s evolve.Step, weights [][]float64) (float64, [][]float64, error) {
	_, fitness := e.MixedMACs()
	e.Ledger.Fitness += fitness
	return e.learner.FitnessMixed(s, weights)
}

// Score shares half of what architectures that are scored together cost.
func (e *metered) Score(ctx context.Context, archs []evolve.Arch, done func(int, float64) error) error {
	for _, a := range archs {
		share := 1.0
		if len(archs) > 1 {
			share = 0.5
		}
		e.Ledger.Scoring += share * e.ScoreMACs(a)
	}
	return e.learner.Score(ctx, archs, done)
}

// meter makes a metered search.
func meter(t *testing.T, name string, seed uint64) (evolve.Search, *metered) {
	t.Helper()
	s, e := learn(t, seed, 0.2)
	engine := &metered{learner: *e, problem: s.Problem}
	s.Engine, s.Config.Constraint.Width = engine, 0.5
	s.Config.TrainSteps = 7 // counts for nothing with a budget
	fewer(t, &s, name)
	return s, engine
}

// Methods on shared weights spend their budget, and no more than the last weight update or score is dearer than was
// expected. Training gets its share.
func TestSharedWeightsSpendTheirBudget(t *testing.T) {
	for _, name := range weightSharing {
		s, e := meter(t, name, 4)
		s.Budget.MACs = 2e11
		if name == "oneshot" {
			s.Config.SingleBranch, s.Config.Front.Samples = false, 1000
		}
		rates := []int{}
		s.Observe = func(event evolve.Event) error {
			if b, ok := event.Body.(evolve.Trained); ok {
				rates = append(rates, b.Step)
			}
			return nil
		}
		end, err := s.Run(t.Context(), evolve.State{})
		if err != nil || len(end.Front) == 0 {
			t.Fatalf("%s: front of %d, %v", name, len(end.Front), err)
		}
		spent := end.Spent.MACs()
		if spent != e.Ledger.MACs() || spent > 1.005*s.Budget.MACs || spent < 0.97*s.Budget.MACs {
			t.Errorf("%s: spent %.4g by the state, %.4g by the engine, of %.4g", name, spent, e.Ledger.MACs(),
				s.Budget.MACs)
		}
		if train := e.Ledger.Forward / spent; (name == "oneshot" || name == "spos") && (train < 0.69 || train > 0.71) {
			t.Errorf("%s: training got %.3f of the budget, want 0.7", name, train)
		}
		if len(rates) < 20 {
			t.Errorf("%s: %d weight updates only", name, len(rates))
		}
	}
}

// A budget of training images is a number of weight updates. One of time ends training and scoring.
func TestSharedWeightsMindOtherBudgets(t *testing.T) {
	for _, name := range weightSharing {
		s, e := meter(t, name, 4)
		s.Budget.TrainImages = 305
		end, err := s.Run(t.Context(), evolve.State{})
		if err != nil || e.Ledger.TrainImages != 300 || end.Step != 30 {
			t.Errorf("%s: %d images in %d steps, %v, want 300 in 30", name, e.Ledger.TrainImages, end.Step, err)
		}
		s, _ = meter(t, name, 4)
		s.Config.TrainSteps, s.Budget.Time = 50, 10*time.Second
		now := time.Duration(0)
		s.Elapsed = func() time.Duration { now += time.Second; return now }
		end, err = s.Run(t.Context(), evolve.State{})
		if err != nil || end.Step < 5 || end.Step > 10 || len(end.Front) == 0 {
			t.Errorf("%s: front of %d after %d steps, %v, want one after about ten", name, len(end.Front), end.Step,
				err)
		}
	}
}

// A budget that pays for nothing is refused before the start.
func TestSharedWeightsRefuseASmallBudget(t *testing.T) {
	for _, name := range weightSharing {
		s, _ := meter(t, name, 4)
		s.Budget.MACs = 1e6
		_, err := s.Run(t.Context(), evolve.State{})
		if e, ok := errors.AsType[*setting.Error](err); !ok || e.Key != "budget.macs" {
			t.Errorf("%s: %v, want an error about the budget", name, err)
		}
	}
}

// With a budget, searches that are killed at any boundary end as if they had not been.
func TestBudgetsResumeFromEveryBoundary(t *testing.T) {
	for _, name := range weightSharing {
		s, e := meter(t, name, 4)
		s.Budget.MACs = 1.2e10
		var boundaries [][2]string
		s.Checkpoint = func(st evolve.State) error {
			boundaries = append(boundaries, [2]string{encode(t, st), encode(t, e.Trained)})
			return nil
		}
		end, err := s.Run(t.Context(), evolve.State{})
		if err != nil {
			t.Fatal(err)
		}
		s.Checkpoint = nil
		for i, b := range boundaries {
			var st evolve.State
			e.Ledger = evolve.Ledger{} // as of an engine that was just made
			if err := errors.Join(json.Unmarshal([]byte(b[0]), &st),
				json.Unmarshal([]byte(b[1]), &e.Trained)); err != nil {
				t.Fatal(err)
			}
			again, err := s.Run(t.Context(), st)
			if err != nil || encode(t, again) != encode(t, end) {
				t.Fatalf("%s, boundary %d: ends as\n%s, %v\nwant\n%s", name, i, encode(t, again), err, encode(t, end))
			}
		}
	}
}
