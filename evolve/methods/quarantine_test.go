package methods_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
)

// fragile is an engine on which operations break: each after so many architectures with it.
type fragile struct {
	*counting
	breaks map[evolve.OpID]int
}

func (e *fragile) Alone(ctx context.Context, a evolve.Arch, ends []int) (float64, error) {
	for l, path := range a {
		for _, op := range path {
			if left, breaks := e.breaks[op]; breaks && left == 0 {
				return 0, &evolve.Broken{Op: op, Layer: l, Err: fmt.Errorf("operation %d is broken", op)}
			} else if breaks {
				e.breaks[op]--
			}
		}
	}
	return e.counting.Alone(ctx, a, ends)
}

// brittle makes a search by a method on which operations break.
func brittle(t *testing.T, name string, breaks map[evolve.OpID]int) evolve.Search {
	t.Helper()
	s, e, settings := count(t, name)
	e.noise, s.Config.Constraint.Width = 0.2, 0.9
	settings.Alone.Evaluations, settings.Guided.Looks, settings.Halving.Candidates = 30, 20, 9
	s.Engine = &fragile{e, breaks}
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
	return s
}

// An operation that breaks is trained no more and is on no front, and the search goes on. It ends alike from every
// boundary after that.
func TestTrainingAloneGoesOnWithoutBrokenOperations(t *testing.T) {
	for _, name := range []string{"random", "stacks", "halving", "hyperband", "evolution", "guided"} {
		for _, after := range []int{0, 1, 3, 9, 17} {
			s := brittle(t, name, map[evolve.OpID]int{2: after})
			quarantined, trained := 0, 0
			var states []evolve.State
			s.Observe = func(e evolve.Event) error {
				switch b := e.Body.(type) {
				case evolve.Quarantined:
					quarantined++
				case evolve.Scored:
					if trained++; quarantined > 0 && !b.Trial.Rehearsed && b.Trial.Arch.Uses(2) {
						t.Errorf("%s, after %d: %v is trained", name, after, b.Trial.Arch)
					}
				}
				return nil
			}
			s.Checkpoint = func(st evolve.State) error {
				if quarantined > 0 {
					states = append(states, st)
				}
				return nil
			}
			end, err := s.Run(t.Context(), evolve.State{})
			if err != nil || len(end.Front) == 0 || trained < 10 && name != "stacks" {
				t.Fatalf("%s, after %d: %d trained, front of %d, %v", name, after, trained, len(end.Front), err)
			}
			if quarantined > 1 || after == 0 && quarantined == 0 {
				t.Errorf("%s, after %d: %d quarantines", name, after, quarantined)
			}
			for _, m := range end.Front {
				if quarantined > 0 && m.Arch.Uses(2) {
					t.Errorf("%s, after %d: the front has %v", name, after, m.Arch)
				}
			}
			for i, st := range states {
				if i%5 > 0 {
					continue
				}
				s := brittle(t, name, map[evolve.OpID]int{2: 0})
				s.Engine.(*fragile).trained = trainedBy(st)
				again, err := s.Run(t.Context(), st)
				if again.Spent = end.Spent; err != nil || encode(t, again) != encode(t, end) {
					t.Fatalf("%s, after %d, boundary %d: ends as\n%s\nwant\n%s", name, after, i, encode(t, again),
						encode(t, end))
				}
			}
		}
	}
}

// A search ends with what it has when a reduction layer has no operation left.
func TestTrainingAloneEndsWithoutOperations(t *testing.T) {
	for _, name := range []string{"random", "guided"} {
		s := brittle(t, name, map[evolve.OpID]int{0: 3, 1: 3, 2: 3, 3: 3, 4: 3})
		var broken []evolve.OpID
		s.Observe = func(e evolve.Event) error {
			if q, is := e.Body.(evolve.Quarantined); is {
				broken = append(broken, q.Op)
			}
			return nil
		}
		end, err := s.Run(t.Context(), evolve.State{})
		const want = "reduction layer 1 has no operation left that can be run"
		if slices.Sort(broken); err != nil || end.Reason != want || len(end.Front) > 0 || len(broken) != 5 {
			t.Errorf("%s: without %v it ends for the reason %q with %d on the front, %v", name, broken, end.Reason,
				len(end.Front), err)
		}
	}
}

// The only architecture of a round uses an operation that breaks before it is promoted. Another round follows.
func TestRoundsOfBrokenOperationsAreFollowedByOthers(t *testing.T) {
	s := brittle(t, "guided", nil)
	settings := methods.Default()
	settings.Method, settings.Alone.Evaluations = "guided", 8
	settings.Guided.Candidates, settings.Guided.Ends, settings.Guided.Looks = 1, []int{1, 2}, 20
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
	var first evolve.Arch
	s.Observe = func(e evolve.Event) error {
		if b, is := e.Body.(evolve.Scored); is && first == nil {
			first = b.Trial.Arch
		}
		return nil
	}
	if _, err := s.Run(t.Context(), evolve.State{}); err != nil {
		t.Fatal(err)
	}
	op := first[1][0] // of a stack: an evaluation uses it in four layers
	s = brittle(t, "guided", map[evolve.OpID]int{op: len(first)})
	s.Method, _ = settings.Chosen()
	kinds := map[string]int{}
	var states []evolve.State
	s.Observe = func(e evolve.Event) error { kinds[e.Body.Kind()]++; return nil }
	s.Checkpoint = func(st evolve.State) error { states = append(states, st); return nil }
	end, err := s.Run(t.Context(), evolve.State{})
	rounds, fronts := kinds[evolve.RoundStarted{}.Kind()], kinds[evolve.FrontRetrieved{}.Kind()]
	broken := kinds[evolve.Quarantined{}.Kind()]
	if err != nil || len(end.Front) == 0 || broken != 1 || rounds < 3 || fronts != rounds-1 {
		t.Errorf("front of %d, %v: %v", len(end.Front), err, kinds)
	}
	for _, st := range states {
		again := brittle(t, "guided", map[evolve.OpID]int{op: 0})
		again.Method = s.Method
		again.Engine.(*fragile).trained = trainedBy(st)
		if st.Space.Without(op).Subset()[1] == nil || slices.Contains(slices.Concat(st.Space.Subset()...), op) {
			continue // it is not broken yet
		}
		got, err := again.Run(t.Context(), st)
		if got.Spent = end.Spent; err != nil || encode(t, got) != encode(t, end) {
			t.Errorf("from event %d it ends as\n%s\nwant\n%s: %v", st.Events, encode(t, got), encode(t, end), err)
		}
	}
}
