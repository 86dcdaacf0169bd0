package methods_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
)

// In a space of thousands, with noise, the method guided ends with better architectures than random search and
// regularized evolution, for the same epochs.
func TestGuidedFindsBetter(t *testing.T) {
	const seeds = 12
	better := map[string]int{}
	for seed := range uint64(seeds) {
		worth := map[string]float64{}
		for _, name := range []string{"random", "evolution", "guided"} {
			s, e := plant(t, seed)
			e.noise, s.Config.Constraint.Width = 0.03, 0.1
			settings := methods.Default()
			settings.Method, settings.Guided.Looks = name, 60
			found, _ := search(t, s, settings)
			worth[name] = e.worth(found)
			if e.epochs > 4*settings.Alone.Evaluations*4 {
				t.Errorf("%s has trained for %d epochs", name, e.epochs)
			}
		}
		for _, name := range []string{"random", "evolution"} {
			if worth["guided"] > worth[name] {
				better[name]++
			}
		}
	}
	if better["random"] < 10 || better["evolution"] < 9 {
		t.Errorf("better than others in %v of %d searches", better, seeds)
	}
}

// TestGuidedGoesInRounds follows the epochs of the trials: 6, 2 and 1 of a round. The last round takes all that is
// left, and a budget below a round has a smaller one.
func TestGuidedGoesInRounds(t *testing.T) {
	for evaluations, want := range map[int][]int{
		2: {1, 1, 1, 1, 1, 2, 4},
		4: {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 4},
		6: {1, 1, 1, 1, 1, 1, 2, 2, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 4},
	} {
		s, _ := plant(t, 1)
		settings := methods.Default()
		settings.Method, settings.Alone.Evaluations = "guided", evaluations
		settings.Guided.Candidates, settings.Guided.Looks = 6, 20
		settings.Guided.Ends, settings.Guided.Eta = []int{1, 2, 4}, 3
		var epochs []int
		trained := map[string]int{}
		var err error
		if s.Method, err = settings.Chosen(); err != nil {
			t.Fatal(err)
		}
		s.Observe = func(e evolve.Event) error {
			if b, ok := e.Body.(evolve.Scored); ok && !b.Trial.Rehearsed {
				key, n := b.Trial.Arch.Key(), b.Trial.Epochs
				if n == 1 && trained[key] > 0 || n > 1 && trained[key] == 0 {
					t.Errorf("trial %d has %d epochs after %d", len(epochs), n, trained[key])
				}
				trained[key], epochs = n, append(epochs, n)
			}
			return nil
		}
		if _, err := s.Run(t.Context(), evolve.State{}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(epochs, want) {
			t.Errorf("%d evaluations have %v epochs, want %v", evaluations, epochs, want)
		}
	}
}

// TestGuidedEndsWithAWholeRound: whatever the budget of MACs, the last training is the longest, and hardly any epochs
// of the dearest architecture are left.
func TestGuidedEndsWithAWholeRound(t *testing.T) {
	for macs := 20_000.; macs < 100_000; macs += 7_777 {
		s, e, settings := count(t, "guided")
		s.Config.Constraint.Width, s.Budget.MACs = 0.1, macs
		settings.Guided.Candidates, settings.Guided.Looks = 6, 20
		settings.Guided.Ends, settings.Guided.Eta = []int{1, 2, 4}, 3
		var err error
		if s.Method, err = settings.Chosen(); err != nil {
			t.Fatal(err)
		}
		last, dearest := 0, 0.0
		s.Observe = func(event evolve.Event) error {
			if b, ok := event.Body.(evolve.Scored); ok && !b.Trial.Rehearsed {
				last, dearest = b.Trial.Epochs, max(dearest, e.AloneMACs(b.Trial.Arch, 1))
			}
			return nil
		}
		if _, err := s.Run(t.Context(), evolve.State{}); err != nil {
			t.Fatal(err)
		}
		if left := macs - e.ledger.MACs(); last != 4 || left < 0 || left > 4*dearest {
			t.Errorf("%v MACs: the last training is to %d epochs, %v are left, an epoch takes %v", macs, last, left,
				dearest)
		}
	}
}

// rounds collects what the rounds of a search report.
type rounds struct {
	subsets     [][]evolve.Path
	hypervolume []float64
	again       []int // members of the front before, by round
	scored      [][]evolve.Trial
}

func (r *rounds) observe(e evolve.Event) error {
	switch b := e.Body.(type) {
	case evolve.RoundStarted:
		r.subsets = append(r.subsets, b.Subset)
		r.again, r.scored = append(r.again, 0), append(r.scored, nil)
	case evolve.Scored:
		if last := len(r.again) - 1; b.Trial.Rehearsed {
			r.again[last]++
		} else {
			r.scored[last] = append(r.scored[last], b.Trial)
		}
	case evolve.FrontRetrieved:
		r.hypervolume = append(r.hypervolume, b.Hypervolume)
	}
	return nil
}

// TestGuidedFrontsNeverShrink: every round has the front of the one before, and max_rounds ends the search.
func TestGuidedFrontsNeverShrink(t *testing.T) {
	s, _ := plant(t, 5)
	settings := methods.Default()
	settings.Method, settings.Guided.Looks = "guided", 20
	settings.Guided.Candidates, settings.Guided.Ends, settings.Guided.Eta = 8, []int{2, 4}, 2
	s.Config.MaxRounds = 3
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
	var r rounds
	s.Observe = r.observe
	st, err := s.Run(t.Context(), evolve.State{})
	if err != nil || st.Reason != "round 3 is the last by max_rounds" {
		t.Fatalf("%q, %v", st.Reason, err)
	}
	if len(r.hypervolume) != 3 || !slices.IsSorted(r.hypervolume) || r.hypervolume[2] == r.hypervolume[0] {
		t.Errorf("hypervolumes %v", r.hypervolume)
	}
	for i, trials := range r.scored {
		if len(trials) != 8+4 {
			t.Errorf("round %d has %d trials", i+1, len(trials))
		}
	}
	if r.again[0] != 0 || r.again[1] == 0 || r.again[2] == 0 {
		t.Errorf("members of fronts before: %v", r.again)
	}
}

// TestGuidedGoesOnInASecondPool: the first pool has operations 0 to 2, the second one 3 and 4. What the front does not
// use is not there any more, and the budget begins anew.
func TestGuidedGoesOnInASecondPool(t *testing.T) {
	s, _ := plant(t, 6)
	whole := s.Problem
	s.Problem.Pool = whole.Pool[:3]
	settings := methods.Default()
	settings.Method, settings.Alone.Evaluations, settings.Guided.Looks = "guided", 20, 20
	settings.Guided.Candidates, settings.Guided.Ends, settings.Guided.Eta = 8, []int{2, 4}, 2 // rounds of 24 epochs
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
	var r rounds
	s.Observe = r.observe
	first, err := s.Run(t.Context(), evolve.State{})
	if err != nil {
		t.Fatal(err)
	}
	before := len(r.hypervolume)
	s.Problem = whole
	st, err := s.Continue(t.Context(), first, []evolve.OpID{3, 4})
	if err == nil {
		st, err = s.Run(t.Context(), st)
	}
	if err != nil || !strings.Contains(st.Reason, "budget") || len(r.hypervolume) < before+2 {
		t.Fatalf("%q after %d and %d rounds, %v", st.Reason, before, len(r.hypervolume)-before, err)
	}
	if last := r.hypervolume[len(r.hypervolume)-1]; last <= r.hypervolume[before-1] {
		t.Errorf("hypervolume %v with the second pool, %v before", last, r.hypervolume[before-1])
	}
	kept := evolve.Aggregate(first.Front, len(whole.Normal))
	for l, ops := range r.subsets[before] {
		if want := append(slices.Clone(kept[l]), 3, 4); !slices.Equal(ops, want) {
			t.Errorf("layer %d chooses from %v, want %v", l, ops, want)
		}
	}
}

// TestGuidedTakesWhatComes: an operation that comes during the first round can be chosen from the second on.
func TestGuidedTakesWhatComes(t *testing.T) {
	s, _ := plant(t, 7)
	last := len(s.Problem.Pool) - 1
	late := s.Problem.Pool[last]
	s.Problem.Pool = s.Problem.Pool[:last]
	settings := methods.Default()
	settings.Method, settings.Guided.Looks = "guided", 20
	s.Config.MaxRounds = 3
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
	came := []evolve.Candidate{late}
	s.Arrivals = func(context.Context, bool) ([]evolve.Candidate, error) {
		list := came
		came = nil
		return list, nil
	}
	var r rounds
	s.Observe = r.observe
	if _, err := s.Run(t.Context(), evolve.State{}); err != nil {
		t.Fatal(err)
	}
	for l := range r.subsets[0] {
		for round, subset := range r.subsets {
			if there := slices.Contains(subset[l], evolve.OpID(last)); there != (round > 0) {
				t.Errorf("round %d, layer %d: the operation is there: %v", round+1, l, there)
			}
		}
	}
}

// TestGuidedLeavesOperationsBehind: with a second pool nothing is trained that uses what the front did not.
func TestGuidedLeavesOperationsBehind(t *testing.T) {
	for seed := range uint64(8) {
		s, _ := plant(t, seed)
		whole := s.Problem
		s.Problem.Pool = whole.Pool[:4]
		settings := methods.Default()
		settings.Method, settings.Guided.Looks = "guided", 40
		s.Config.MaxRounds = 2
		var err error
		if s.Method, err = settings.Chosen(); err != nil {
			t.Fatal(err)
		}
		st, err := s.Run(t.Context(), evolve.State{})
		if err != nil {
			t.Fatal(err)
		}
		s.Problem = whole
		var r rounds
		s.Observe = r.observe
		if st, err = s.Continue(t.Context(), st, []evolve.OpID{4}); err == nil {
			_, err = s.Run(t.Context(), st)
		}
		if err != nil || len(r.scored) != 2 {
			t.Fatalf("%d rounds, %v", len(r.scored), err)
		}
		for _, trial := range slices.Concat(r.scored...) {
			for l, path := range trial.Arch {
				for _, op := range path {
					if !slices.Contains(r.subsets[0][l], op) {
						t.Errorf("seed %d: operation %d is trained in layer %d, which chooses from %v", seed, op, l,
							r.subsets[0][l])
					}
				}
			}
		}
	}
}

// The number of branches that search.k allows may be more than the pool has operations, and fewer than a front uses:
// layers have as many as there are. The search ends, goes on with another pool, and its states are valid.
func TestGuidedTakesAnyK(t *testing.T) {
	for _, k := range []int{2, 3, 64} {
		s, _, settings := count(t, "guided")
		settings.Alone.Evaluations, settings.Guided.Looks = 6, 20
		settings.Guided.Candidates, settings.Guided.Ends, settings.Guided.Eta = 2, []int{1, 2}, 2
		s.Config.K, s.Config.MaxRounds = k, 1
		var err error
		if s.Method, err = settings.Chosen(); err != nil {
			t.Fatal(err)
		}
		most := 0
		s.Observe = func(e evolve.Event) error {
			if b, ok := e.Body.(evolve.Scored); ok {
				for _, path := range b.Trial.Arch {
					most = max(most, len(path))
				}
			}
			return nil
		}
		end, err := s.Run(t.Context(), evolve.State{})
		if err != nil || len(end.Front) == 0 {
			t.Fatalf("k = %d: %d in the front, %v", k, len(end.Front), err)
		}
		next, err := s.Continue(t.Context(), end, []evolve.OpID{0})
		if err != nil {
			t.Fatal(err)
		}
		if end, err = s.Run(t.Context(), next); err != nil || len(end.Front) == 0 || end.Round != 2 {
			t.Errorf("k = %d: round %d with %d in the front, %v", k, end.Round, len(end.Front), err)
		}
		if most > min(k, len(s.Problem.Pool)) || most < 1 {
			t.Errorf("k = %d: a layer has %d branches of %d operations", k, most, len(s.Problem.Pool))
		}
	}
}
