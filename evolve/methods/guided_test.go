package methods_test

import (
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

// TestGuidedGoesInRounds follows the epochs of the trials: 6, 2 and 1 of each round.
func TestGuidedGoesInRounds(t *testing.T) {
	s, _ := plant(t, 1)
	settings := methods.Default()
	settings.Method, settings.Alone.Evaluations = "guided", 6
	settings.Guided.Candidates, settings.Guided.Looks = 6, 20
	settings.Guided.Ends, settings.Guided.Eta = []int{1, 2, 4}, 3
	var epochs []int
	trained := map[string]int{}
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
	s.Observe = func(e evolve.Event) error {
		if b, ok := e.Body.(evolve.Scored); ok {
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
	want := []int{1, 1, 1, 1, 1, 1, 2, 2, 4, 1, 1, 1, 1, 1, 1, 2, 2, 4}
	if len(epochs) < len(want) {
		t.Fatalf("epochs %v, want %v and more", epochs, want)
	}
	for i, n := range want {
		if epochs[i] != n {
			t.Errorf("trial %d has %d epochs, want %d", i, epochs[i], n)
		}
	}
}
