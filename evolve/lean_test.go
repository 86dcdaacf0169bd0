package evolve

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/evolve/space"
)

// Probabilities that lean have the middle of the interval as their expected cost, whatever the fitness.
func TestLeaningMeetsTheMiddleOfTheInterval(t *testing.T) {
	for seed := range uint64(20) {
		for _, single := range []bool{false, true} {
			s, _ := plant(seed, 16)
			s.Config.SingleBranch = single
			s.Config.Constraint.Tau, s.Config.Constraint.Width = 3.5, 0.1
			f := fitness.New(space.New(6, 16, 4, seed).Subset())
			for l := range f {
				for i := range f[l].Theta {
					f[l].Theta[i] = float64((int(seed)+l+3*i)%7) - 3
				}
			}
			if mean := fitness.MeanCost(s.Problem, s.leaning(f).layers); math.Abs(mean-3.5) > 1e-6 {
				t.Errorf("seed %d, single %v: an expected cost of %v, want 3.5", seed, single, mean)
			}
		}
	}
}

// Where fitness yields nothing within the interval, a round draws on. None of many searches ends because of this, and
// every one has a front.
func TestRoundsDrawOn(t *testing.T) {
	tilted, again := 0, 0
	for seed := range uint64(100) {
		s, _ := plant(seed, 16)
		s.Config.TrainSteps = 10
		s.Config.Constraint.Tau, s.Config.Constraint.Width = []float64{2.3, 13}[seed%2], 0.03
		s.Config.Front = FrontConfig{Samples: 10, Extras: 2, Attempts: 5}
		st, events := run(t, s)
		if len(st.Front) == 0 || strings.Contains(st.Reason, "constraint") {
			t.Errorf("seed %d: %d on the front, reason %q", seed, len(st.Front), st.Reason)
		}
		for i, b := range bodies[Sampled](events) {
			if b.Feasibility.Tilted {
				tilted++
			}
			if b.Feasibility.Found == 0 && b.Rehearsed == 0 {
				again++
				if i == len(bodies[Sampled](events))-1 {
					t.Errorf("seed %d: round %d without an architecture is the last", seed, i+1)
				}
			}
		}
	}
	t.Logf("%d rounds drew on, %d had none", tilted, again)
	if tilted < 100 || again == 0 {
		t.Errorf("%d rounds drew on, %d had none: the test does not tell", tilted, again)
	}
}

// An operation that was dropped comes back only where the remaining ones make nothing within the interval.
func TestDroppedComeBackForTheIntervalAlone(t *testing.T) {
	s, _ := plant(3, 8)
	f := fitness.New(space.New(6, 8, 4, 3).Subset())
	for l := range f {
		for i := range f[l].Ops {
			f[l].Dropped[i] = i > 0
		}
	}
	s.Config.Constraint.Tau, s.Config.Constraint.Width = 14, 0.1
	trials, report := sampled(t, s, State{Round: 1, Fitness: f})
	if !report.Tilted || report.Found < 10 || report.Greatest < 14 {
		t.Fatalf("%+v: want some by all operations of the subset", report)
	}
	back := slices.ContainsFunc(trials, func(x Trial) bool { return len(x.Arch[0]) > 1 })
	if !back {
		t.Error("no architecture has a dropped operation")
	}
	s.Config.Constraint.Tau, s.Config.Constraint.Width = 4, 0.5
	trials, report = sampled(t, s, State{Round: 1, Fitness: f})
	if report.Tilted || report.Found < 10 {
		t.Fatalf("%+v: want some by the remaining operations", report)
	}
	for _, x := range trials {
		if slices.ContainsFunc(x.Arch, func(p Path) bool { return len(p) > 1 }) {
			t.Fatalf("%v has a dropped operation", x.Arch)
		}
	}
}
