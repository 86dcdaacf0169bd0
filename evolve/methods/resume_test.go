package methods_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
)

// small makes a search by a method with few evaluations.
func small(t testing.TB, name string, seed uint64) evolve.Search {
	t.Helper()
	s, e := plant(t, seed)
	e.noise, s.Config.Constraint.Width = 0.1, 0.6
	settings := methods.Default()
	settings.Method = name
	settings.Alone.Evaluations, settings.Evolution.Population = 12, 5
	settings.Halving.Candidates = 9
	settings.SPOS.Population, settings.SPOS.Generations, settings.SPOS.Parents = 4, 3, 2
	settings.SPOS.Crossover, settings.SPOS.Mutation = 2, 2
	settings.Proxyless.Every, settings.Proxyless.Candidates = 2, 2
	settings.Guided.Candidates, settings.Guided.Looks = 6, 4
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
	return s
}

func encode(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every method that is killed at any boundary goes on from there to the same state, with the same events. The state
// goes through JSON.
func TestResumeFromEveryBoundary(t *testing.T) {
	for _, name := range methods.Names() {
		t.Run(name, func(t *testing.T) {
			s := small(t, name, 3)
			var events, states []string
			s.Observe = func(e evolve.Event) error { events = append(events, encode(t, e)); return nil }
			s.Checkpoint = func(st evolve.State) error { states = append(states, encode(t, st)); return nil }
			end, err := s.Run(t.Context(), evolve.State{})
			if err != nil || len(end.Front) == 0 {
				t.Fatalf("front of %d, %v", len(end.Front), err)
			}
			whole := events
			if len(states) < 8 {
				t.Errorf("%d boundaries only", len(states))
			}
			for i, text := range slices.Clone(states) {
				var st evolve.State
				if err := json.Unmarshal([]byte(text), &st); err != nil {
					t.Fatal(err)
				}
				events = nil
				again, err := s.Run(t.Context(), st)
				if err != nil {
					t.Fatal(err)
				}
				if encode(t, again) != encode(t, end) {
					t.Fatalf("boundary %d: ends as\n%s\nwant\n%s", i, encode(t, again), encode(t, end))
				}
				if !slices.Equal(events, whole[st.Events:]) {
					t.Fatalf("boundary %d: other events than without the break", i)
				}
			}
		})
	}
}

// Every method that is cancelled at every boundary in turn returns the state of the last one, and ends as if it had
// never been.
func TestCancelAtEveryBoundary(t *testing.T) {
	for _, name := range methods.Names() {
		t.Run(name, func(t *testing.T) {
			s := small(t, name, 4)
			want, err := s.Run(t.Context(), evolve.State{})
			if err != nil {
				t.Fatal(err)
			}
			var st evolve.State
			for st.Phase != evolve.PhaseFinished {
				ctx, cancel := context.WithCancel(t.Context())
				var last evolve.State
				s.Checkpoint = func(c evolve.State) error { last = c; cancel(); return nil }
				st, err = s.Run(ctx, st)
				cancel()
				if !errors.Is(err, context.Canceled) && st.Phase != evolve.PhaseFinished {
					t.Fatal(err)
				}
				if encode(t, st) != encode(t, last) {
					t.Fatalf("returns\n%s\nthe last checkpoint was\n%s", encode(t, st), encode(t, last))
				}
			}
			if encode(t, st) != encode(t, want) {
				t.Errorf("ends as\n%s\nwant\n%s", encode(t, st), encode(t, want))
			}
		})
	}
}

// A damaged checkpoint is refused in one line, or survived.
func FuzzResume(f *testing.F) {
	for _, name := range methods.Names() {
		s := small(f, name, 1)
		s.Checkpoint = func(st evolve.State) error {
			f.Add(name, []byte(encode(f, st)))
			return nil
		}
		if _, err := s.Run(context.Background(), evolve.State{}); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		var st evolve.State
		if json.Unmarshal(text, &st) != nil || !slices.Contains(methods.Names(), name) {
			return
		}
		s := small(t, name, 1)
		s.Config.MaxRounds = max(st.Round, 0) + 1
		if end, err := s.Run(context.Background(), st); err == nil && end.Phase != evolve.PhaseFinished {
			t.Errorf("ended in phase %q", end.Phase)
		}
	})
}
