package methods_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

// beside is the engine that trains several architectures at a time. It refuses to train one that it was not told of
// while others are under way.
type beside struct {
	*counting
	lanes   int
	begun   []string
	most    int // under way at once
	settled int
}

func (e *beside) Lanes(most int) int { e.lanes = min(most, 5); return e.lanes }

func (e *beside) Ahead(_ context.Context, a evolve.Arch, ends []int) {
	e.begun = append(e.begun, fmt.Sprint(a, ends))
	e.most = max(e.most, len(e.begun))
}

func (e *beside) Alone(ctx context.Context, a evolve.Arch, ends []int) (float64, error) {
	i := slices.Index(e.begun, fmt.Sprint(a, ends))
	if i < 0 && len(e.begun) > 0 {
		return 0, fmt.Errorf("%v is trained on all cores beside %v", a, e.begun)
	}
	if i >= 0 {
		e.begun = slices.Delete(e.begun, i, i+1)
	}
	return e.counting.Alone(ctx, a, ends)
}

func (e *beside) Settle() { e.begun = nil; e.settled++ }

// Searches that train several architectures at a time have the events and the end of those that train one after
// another, with every kind of budget, and from every boundary on.
func TestTrainingBesideChangesNothing(t *testing.T) {
	for _, name := range []string{"random", "stacks", "halving", "hyperband", "evolution", "guided"} {
		for _, budget := range []evolve.BudgetConfig{{}, {MACs: 70_000}, {MACs: 60_300}, {TrainImages: 9_000}} {
			t.Run(fmt.Sprint(name, budget.MACs, budget.TrainImages), func(t *testing.T) {
				s, e, settings := count(t, name)
				e.noise, s.Config.Constraint.Width, s.Budget = 0.2, 0.6, budget
				e.more = budget.MACs / 200
				settings.Alone.Evaluations, settings.Guided.Looks = 24, 20
				var err error
				if s.Method, err = settings.Chosen(); err != nil {
					t.Fatal(err)
				}
				var events []string
				var states []evolve.State
				s.Observe = func(e evolve.Event) error { events = append(events, encode(t, e)); return nil }
				s.Checkpoint = func(st evolve.State) error { states = append(states, st); return nil }
				want, err := s.Run(t.Context(), evolve.State{})
				if err != nil {
					t.Fatal(err)
				}
				s.Checkpoint = nil
				whole, most := events, 0
				for i, st := range append([]evolve.State{{}}, states...) {
					if i%4 > 0 {
						continue
					}
					wide := &beside{counting: &counting{solo: e.solo, problem: s.Problem, more: e.more,
						trained: trainedBy(st)}}
					s.Engine, events = wide, nil
					end, err := s.Run(t.Context(), st)
					if err != nil {
						t.Fatal(err)
					}
					if encode(t, end) != encode(t, want) {
						t.Fatalf("after %d events it ends as\n%s\nwant\n%s", st.Events, encode(t, end), encode(t, want))
					}
					if !slices.Equal(events, whole[st.Events:]) {
						t.Fatalf("after %d events: other events than one after another", st.Events)
					}
					if len(wide.begun) > 0 || wide.lanes > 0 && wide.settled == 0 {
						t.Errorf("%v is left under way", wide.begun)
					}
					most = max(most, wide.most)
				}
				least, greatest := 10, 32
				switch name {
				case "guided":
					least, greatest = 4, 4
				case "stacks":
					least = 4
				case "evolution":
					least, greatest = 0, 0
				}
				if most < least || most > greatest {
					t.Errorf("%d under way at once, want %d to %d", most, least, greatest)
				}
			})
		}
	}
}

// trainedBy is how far each architecture is in a state.
func trainedBy(st evolve.State) map[string]int {
	epochs := map[string]int{}
	for _, t := range st.Trials {
		epochs[t.Arch.Key()] = max(epochs[t.Arch.Key()], t.Epochs)
	}
	return epochs
}

// What is under way when a search is stopped is not asked for any more.
func TestTrainingBesideIsStopped(t *testing.T) {
	s, e, settings := count(t, "random")
	wide := &beside{counting: e}
	settings.Alone.Evaluations, s.Engine = 24, wide
	method, err := settings.Chosen()
	if err != nil {
		t.Fatal(err)
	}
	s.Method = method
	ctx, cancel := context.WithCancel(t.Context())
	s.Observe = func(e evolve.Event) error {
		if _, scored := e.Body.(evolve.Scored); scored {
			cancel()
		}
		return nil
	}
	if st, err := s.Run(ctx, evolve.State{}); err == nil || len(st.Trials) != 1 {
		t.Errorf("%d trials, %v: want a stop after the first", len(st.Trials), err)
	}
	if wide.most < 10 || wide.settled != 1 {
		t.Errorf("%d were under way, and settled %d times", wide.most, wide.settled)
	}
}
