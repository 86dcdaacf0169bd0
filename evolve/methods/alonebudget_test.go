package methods_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
)

// counting is an engine that counts training alone: 100 images an epoch, at 3 MACs for each unit of cost.
type counting struct {
	*solo
	problem evolve.Problem
	trained map[string]int // epochs by architecture
	more    float64        // MACs and images that an evaluation takes beside its price
	ledger  evolve.Ledger
}

func (e *counting) Spent() evolve.Ledger                         { return e.ledger }
func (e *counting) TrainMACs(evolve.Arch) float64                { return 0 }
func (e *counting) FitnessMACs(evolve.Arch, evolve.Arch) float64 { return 0 }
func (e *counting) ScoreMACs(a evolve.Arch) float64              { return math.Round(50 * e.problem.Cost(a)) }

func (e *counting) AloneMACs(a evolve.Arch, epochs int) float64 {
	return math.Round(300*e.problem.Cost(a)) * float64(epochs)
}

func (e *counting) Alone(ctx context.Context, a evolve.Arch, ends []int) (float64, error) {
	to := ends[len(ends)-1]
	e.ledger.Alone += e.AloneMACs(a, to-e.trained[a.Key()])
	e.ledger.TrainImages += int64(100 * (to - e.trained[a.Key()]))
	e.ledger.Alone += e.more
	e.ledger.TrainImages += int64(e.more)
	e.trained[a.Key()] = to
	return e.solo.Alone(ctx, a, ends)
}

// count makes a search by a method on an engine that counts.
func count(t *testing.T, name string) (evolve.Search, *counting, methods.Settings) {
	t.Helper()
	s, e := plant(t, 6)
	engine := &counting{solo: e, problem: s.Problem, trained: map[string]int{}}
	s.Engine = engine
	settings := methods.Default()
	settings.Method, settings.Alone.Evaluations = name, 1 // counts for nothing with a budget
	return s, engine, settings
}

// With a budget, evaluations go on until the next would not fit: no search spends more, and none leaves as much as the
// dearest evaluation takes.
func TestAloneSpendsItsBudget(t *testing.T) {
	for _, name := range alone {
		dearest := 300. * 5 * 4 // 5 is the upper end of the interval
		if name == "halving" || name == "hyperband" {
			dearest = 300 * 5 * 6 // from 3 to 9 epochs
		}
		s, e, settings := count(t, name)
		s.Budget.MACs = 300_000
		end, _ := run(t, s, settings)
		if spent := e.ledger.MACs(); spent > 300_000 || spent < 300_000-1.5*dearest || end.Spent != e.ledger {
			t.Errorf("%s: %v MACs are spent (said: %v), want 300000", name, spent, end.Spent.MACs())
		}
		s, e, settings = count(t, name)
		s.Budget.TrainImages = 15_000
		run(t, s, settings)
		if spent := e.ledger.TrainImages; spent > 15_000 || spent < 15_000-600 {
			t.Errorf("%s: %d images are spent, want 15000", name, spent)
		}
	}
}

// A search whose time is over ends with the front of what it has evaluated by then.
func TestAloneEndsInTime(t *testing.T) {
	for _, name := range append(alone, "stacks") {
		s, _, settings := count(t, name)
		s.Config.Constraint.Width = 0.6
		s.Budget.Time = 5 * time.Second
		now := time.Duration(0)
		s.Elapsed = func() time.Duration { now += time.Second; return now }
		end, trials := run(t, s, settings)
		if len(trials) != 4 || len(end.Front) == 0 || end.Reason != "the budget is spent" {
			t.Errorf("%s: %d trials, front of %d: %s", name, len(trials), len(end.Front), end.Reason)
		}
	}
}

// A budget that is too small for one evaluation ends the search without a front, and says so.
func TestAloneWithoutBudget(t *testing.T) {
	s, _, settings := count(t, "random")
	s.Budget.MACs = 10
	end, trials := run(t, s, settings)
	if len(trials) != 0 || len(end.Front) != 0 || !strings.Contains(end.Reason, "does not allow a single evaluation") {
		t.Errorf("%d trials, front of %d: %s", len(trials), len(end.Front), end.Reason)
	}
}
