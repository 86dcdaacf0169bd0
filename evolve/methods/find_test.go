package methods_test

import (
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
)

// best is the architecture that is worth most.
func (e *planted) best(archs []evolve.Arch) evolve.Arch {
	return slices.MaxFunc(archs, func(a, b evolve.Arch) int {
		if e.worth(a) < e.worth(b) {
			return -1
		}
		return 1
	})
}

// search runs a method. It returns the most accurate architecture of its front, and the distinct ones that it has
// evaluated.
func search(t *testing.T, s evolve.Search, settings methods.Settings) (found evolve.Arch, evaluated []evolve.Arch) {
	t.Helper()
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	s.Observe = func(e evolve.Event) error {
		if scored, ok := e.Body.(evolve.Scored); ok && !seen[scored.Trial.Arch.Key()] {
			seen[scored.Trial.Arch.Key()] = true
			evaluated = append(evaluated, scored.Trial.Arch)
		}
		return nil
	}
	end, err := s.Run(t.Context(), evolve.State{})
	if err != nil || len(end.Front) == 0 {
		t.Fatalf("front of %d, %v", len(end.Front), err)
	}
	return end.Front[len(end.Front)-1].Arch, evaluated
}

// Among all single-branch architectures within the interval, regularized evolution finds the planted best far more
// often than as many draws would. Random search finds it as often as they do.
func TestFindsThePlantedBest(t *testing.T) {
	const seeds, evaluations = 40, 100
	hits, chance := map[string]int{}, 0.0
	for seed := range uint64(seeds) {
		s, e := plant(t, seed)
		s.Config.SingleBranch, s.Config.Constraint.Width = true, 0.4
		all := within(s)
		for _, name := range []string{"random", "evolution"} {
			settings := methods.Default()
			settings.Method, settings.Alone.Evaluations = name, evaluations
			found, evaluated := search(t, s, settings)
			if len(evaluated) != evaluations {
				t.Errorf("%s has evaluated %d architectures", name, len(evaluated))
			}
			if found.Key() == e.best(all).Key() {
				hits[name]++
			}
		}
		chance += evaluations / float64(len(all))
	}
	if hits["evolution"] < 12 || chance > 6 || hits["random"] > 10 {
		t.Errorf("%v of %d, by chance %.1f", hits, seeds, chance)
	}
}

// With noise that hides the best after an epoch, but not after nine, halving and Hyperband end with the best of their
// candidates far more often than one drawn from these.
func TestHalvingKeepsTheBest(t *testing.T) {
	const seeds = 40
	for _, name := range []string{"halving", "hyperband"} {
		hits, chance := 0, 0.0
		for seed := range uint64(seeds) {
			s, e := plant(t, seed)
			e.noise = 0.05
			settings := methods.Default()
			settings.Method, settings.Alone.Epochs, settings.Alone.Evaluations = name, 1, 200
			found, evaluated := search(t, s, settings)
			if found.Key() == e.best(evaluated).Key() {
				hits++
			}
			chance += 1 / float64(len(evaluated))
		}
		if hits < 20 || chance > 2 {
			t.Errorf("%s: ends with the best candidate %d times of %d, by chance %.1f", name, hits, seeds, chance)
		}
	}
}

// Stacks find the best of all networks with the same one or two operations in every layer.
func TestStacksFindTheBestStack(t *testing.T) {
	for seed := range uint64(20) {
		s, e := plant(t, seed)
		s.Config.Constraint.Tau, s.Config.Constraint.Width = 6, 1
		var stacks []evolve.Arch
		for i := range evolve.OpID(5) {
			for j := range i + 1 {
				path := slices.Compact(evolve.Path{j, i})
				stacks = append(stacks, evolve.Arch{path, path, path, path})
			}
		}
		settings := methods.Default()
		settings.Method = "stacks"
		found, evaluated := search(t, s, settings)
		if len(evaluated) != 15 || found.Key() != e.best(stacks).Key() {
			t.Errorf("seed %d: %v of %d, want %v of 15", seed, found, len(evaluated), e.best(stacks))
		}
	}
}
