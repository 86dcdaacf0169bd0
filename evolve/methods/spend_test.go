package methods_test

import (
	"errors"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/setting"
)

// alone lists the methods that train architectures alone.
var alone = []string{"random", "evolution", "halving", "hyperband"}

// run runs a method with settings and returns its trials, in the order in which they were done.
func run(t *testing.T, s evolve.Search, settings methods.Settings) (end evolve.State, trials []evolve.Trial) {
	t.Helper()
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
	s.Observe = func(e evolve.Event) error {
		if scored, ok := e.Body.(evolve.Scored); ok {
			trials = append(trials, scored.Trial)
		}
		return nil
	}
	if end, err = s.Run(t.Context(), evolve.State{}); err != nil {
		t.Fatal(err)
	}
	return end, trials
}

// Methods spend their epochs: 30 evaluations of 4 are 120. An architecture that goes on costs what it adds. The front
// is of those that were trained for the most epochs.
func TestSpendsItsEpochs(t *testing.T) {
	for _, name := range alone {
		s, _ := plant(t, 1)
		settings := methods.Default()
		settings.Method = name
		end, trials := run(t, s, settings)
		spent, longest := map[string]int{}, 0
		for _, trial := range trials {
			spent[trial.Arch.Key()] = trial.Epochs
			longest = max(longest, trial.Epochs)
		}
		sum := 0
		for _, epochs := range spent {
			sum += epochs
		}
		if sum > 120 || sum < 112 {
			t.Errorf("%s has trained %d epochs, want 120, or too few left for the next", name, sum)
		}
		for _, m := range end.Front {
			if m.Epochs != longest {
				t.Errorf("%s: %v was trained for %d epochs, others for %d", name, m.Arch, m.Epochs, longest)
			}
		}
		if want := map[bool]int{true: 9, false: 4}[name == "halving" || name == "hyperband"]; longest != want {
			t.Errorf("%s: trained for %d epochs at most, want %d", name, longest, want)
		}
	}
}

// scoring hides that an engine trains single architectures.
type scoring struct{ evolve.Engine }

// Engines that only score do so, and say that nothing was trained alone. Halving has nothing to go on with then.
func TestEnginesThatOnlyScore(t *testing.T) {
	for _, name := range []string{"random", "evolution", "stacks"} {
		s, e := plant(t, 2)
		s.Engine = scoring{e}
		s.Config.Constraint.Width = 0.9
		settings := methods.Default()
		settings.Method, settings.Alone.Evaluations = name, 9
		_, trials := run(t, s, settings)
		if len(trials) != 9 {
			t.Errorf("%s: %d trials, want 9", name, len(trials))
		}
		for _, trial := range trials {
			if trial.Epochs != 0 || trial.Accuracy != e.accuracy(trial.Arch, 4) {
				t.Errorf("%s: %+v, want a score of %v", name, trial, e.accuracy(trial.Arch, 4))
			}
		}
	}
	for _, name := range []string{"halving", "hyperband"} {
		s, e := plant(t, 2)
		s.Engine = scoring{e}
		settings := methods.Default()
		settings.Method = name
		s.Method, _ = settings.Chosen()
		_, err := s.Run(t.Context(), evolve.State{})
		if e, ok := errors.AsType[*setting.Error](err); !ok || e.Key != "method" || e.Value != name {
			t.Errorf("%s: %v, want an error about the method", name, err)
		}
	}
}

// Architectures keep to what the search allows.
func TestKeepsToTheSpace(t *testing.T) {
	for _, name := range append(alone, "stacks") {
		for _, single := range []bool{false, true} {
			s, _ := plant(t, 5)
			s.Config.SingleBranch, s.Config.Constraint.Width = single, 0.6
			settings := methods.Default()
			settings.Method = name
			_, trials := run(t, s, settings)
			for _, trial := range trials {
				cost, c := s.Problem.Cost(trial.Arch), s.Config.Constraint
				if cost != trial.Cost || cost < c.Low() || cost > c.High() {
					t.Errorf("%s: %v costs %v (said: %v), want %v to %v", name, trial.Arch, cost, trial.Cost, c.Low(),
						c.High())
				}
				for l, path := range trial.Arch {
					if len(path) > s.Config.Branches() || len(path) == 0 && !s.Problem.Normal[l] {
						t.Errorf("%s: layer %d has %v", name, l, path)
					}
				}
			}
		}
	}
}

// A configuration names its method. An unknown name is an error that lists them.
func TestNamed(t *testing.T) {
	for _, name := range methods.Names() {
		settings := methods.Default()
		settings.Method = name
		if m, err := settings.Chosen(); err != nil || m == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	settings := methods.Default()
	settings.Method = "grid"
	_, err := settings.Chosen()
	if e, ok := errors.AsType[*setting.Error](err); !ok || e.Key != "method" {
		t.Errorf("got %v, want an error about the method", err)
	}
}
