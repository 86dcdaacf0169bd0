package evolve

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/evolve/space"
)

// arrives hides what the pool has beyond its first n operations until the search stands before a replenishment in the
// given round. It returns the whole pool.
func arrives(s *Search, st State, n, round int) []Candidate {
	all := s.Problem.Pool
	known, now := n, st.Round
	if st.Round > 0 {
		known = st.Pool
	}
	s.Problem.Pool = all[:known]
	observe := s.Observe
	s.Observe = func(e Event) error {
		now = e.Round
		return observe(e)
	}
	s.Arrivals = func(_ context.Context, wait bool) ([]Candidate, error) {
		came := all[known:]
		if now < round && !wait {
			return nil, nil
		}
		known = len(all)
		return came, nil
	}
	return all
}

// Operations that come during a search wait at every layer from the next replenishment on, are used later, and the
// search goes on from every checkpoint as it did.
func TestArrivals(t *testing.T) {
	used := 0
	rapid.Check(t, func(t *rapid.T) {
		s, e := plant(rapid.Uint64().Draw(t, "seed"), 12)
		e.noise = 0.5
		s.Config.TrainSteps, s.Config.Fitness.LR = 8, 1.5
		s.Config.Front = FrontConfig{Samples: 6, Extras: 2, Attempts: 30}
		round := rapid.IntRange(1, 3).Draw(t, "round")
		search := func(st State) (events, checkpoints []string, weights []uint64, last string) {
			s, e := s, *e
			s.Engine = &e
			s.Observe = func(ev Event) error {
				events = append(events, mustJSON(t, ev))
				return nil
			}
			s.Checkpoint = func(st State) error {
				checkpoints, weights = append(checkpoints, mustJSON(t, st)), append(weights, e.Weights)
				return nil
			}
			arrives(&s, st, 8, round)
			st, err := s.Run(context.Background(), st)
			if err != nil {
				t.Fatal(err)
			}
			return events, checkpoints, weights, mustJSON(t, st)
		}
		events, checkpoints, weights, last := search(State{})
		arrived := false
		for _, text := range events {
			var ev Event
			if err := json.Unmarshal([]byte(text), &ev); err != nil {
				t.Fatal(err)
			}
			switch b := ev.Body.(type) {
			case Arrived:
				arrived = true
				if !slices.Equal(b.Ops, []OpID{8, 9, 10, 11}) || b.Names[3] != "op11" {
					t.Fatalf("arrived: %+v", b)
				}
			case RoundStarted:
				for _, ops := range b.Subset {
					if late := slices.ContainsFunc(ops, func(op OpID) bool { return op >= 8 }); late {
						used++
						if !arrived {
							t.Fatal("an operation is used before it came")
						}
					}
				}
			}
		}
		if strings.Contains(last, `"reason":"no architecture`) {
			return // before anything could arrive
		}
		if !arrived {
			t.Fatalf("nothing arrived: %s", last)
		}
		// all of them, over the seeds
		for i := rapid.IntRange(0, 8).Draw(t, "first checkpoint"); i < len(checkpoints); i += 9 {
			var st State
			if err := json.Unmarshal([]byte(checkpoints[i]), &st); err != nil {
				t.Fatal(err)
			}
			e.Weights = weights[i]
			rest, _, _, end := search(st)
			if end != last || !slices.Equal(rest, events[len(events)-len(rest):]) {
				t.Fatalf("resumed from checkpoint %d of %d: another end", i, len(checkpoints))
			}
		}
	})
	if used == 0 {
		t.Error("no operation that arrived was ever used")
	}
}

// Before a search ends for want of operations it waits for more; when none will come, it ends.
func TestArrivalsAreWaitedFor(t *testing.T) {
	s, _ := plant(4, 16)
	all, waits := s.Problem.Pool, 0
	s.Problem.Pool = all[:6]
	s.Arrivals = func(_ context.Context, wait bool) ([]Candidate, error) {
		if !wait {
			return nil, nil
		}
		if waits++; waits > 1 {
			return nil, nil
		}
		return all[6:], nil
	}
	st, _ := run(t, s)
	if waits != 2 || st.Pool != 16 ||
		st.Reason != "layer 0 cannot be refilled: no operation is pending" && st.Round < 4 {
		t.Errorf("waited %d times for a pool of %d, ended in round %d because %q", waits, st.Pool, st.Round, st.Reason)
	}
}

// A search that continues with a second pool keeps what its front uses, scores that front first, and loses nothing of
// it. Only operations of the second pool come in. The search goes on from every checkpoint as it did.
func TestContinue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, e := plant(rapid.Uint64().Draw(t, "seed"), 24)
		s.Config.MaxRounds, s.Config.TrainSteps, s.Config.Front.Extras, s.Config.Front.Samples = 2, 10, 0, 40
		all := s.Problem.Pool
		s.Problem.Pool = all[:14]
		first, err := s.Run(context.Background(), State{})
		if err != nil {
			t.Fatal(err)
		}
		s.Problem.Pool = all
		second := []OpID{3} // one of the first pool comes again
		for op := OpID(14); op < 24; op++ {
			second = append(second, op)
		}
		var checkpoints []saved
		var fronts []FrontRetrieved
		var scored []Trial
		s.Checkpoint = func(st State) error {
			checkpoints = append(checkpoints, saved{mustJSON(t, st), e.Weights})
			return nil
		}
		s.Observe = func(ev Event) error {
			switch b := ev.Body.(type) {
			case FrontRetrieved:
				fronts = append(fronts, b)
			case Scored:
				if len(fronts) == 0 && b.Trial.Rehearsed {
					scored = append(scored, b.Trial)
				}
			}
			return nil
		}
		st, err := s.Continue(context.Background(), first, second)
		if err != nil {
			t.Fatal(err)
		}
		for l, layer := range st.Space.Layers {
			if !slices.Equal(layer.Kept, Aggregate(first.Front, 6)[l]) {
				t.Fatalf("layer %d keeps %v", l, layer.Kept)
			}
			if slices.ContainsFunc(slices.Concat(layer.New, layer.Pending),
				func(op OpID) bool { return !slices.Contains(second, op) }) {
				t.Fatalf("layer %d: %+v is not of the second pool", l, layer)
			}
		}
		end, err := s.Run(context.Background(), st)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(end.Reason, "the front uses all") && end.Round < first.Round+2 {
			return // there was no room for the second pool
		}
		if end.Round != first.Round+2 || end.Reason != fmt.Sprintf("round %d is the last by max_rounds", end.Round) ||
			len(scored) != len(first.Front) {
			t.Fatalf("ended in round %d because %q, %d of %d inherited architectures were scored", end.Round,
				end.Reason, len(scored), len(first.Front))
		}
		high := s.Config.Constraint.High()
		inherited, _ := frontOf(scored)
		if before := hypervolume(inherited, high); fronts[0].Hypervolume < before ||
			fronts[1].Hypervolume < fronts[0].Hypervolume {
			t.Fatalf("hypervolume %v falls below %v", fronts, before)
		}
		for i := 0; i < len(checkpoints); i += 9 {
			if _, last := resume(t, s, e, checkpoints[i]); last != mustJSON(t, end) {
				t.Fatalf("resumed from checkpoint %d: another end", i)
			}
		}
	})
}

func TestContinueNeedsAFront(t *testing.T) {
	s, _ := small(1)
	_, err := s.Continue(context.Background(), State{Round: 1, Phase: PhaseTrain}, []OpID{1})
	if err == nil || err.Error() != "evolve: there is no front to go on from" {
		t.Error(err)
	}
}

// Operations that come first are in the next subset, before what waits, and others behind all that waits.
func TestArrivalsThatComeFirst(t *testing.T) {
	s, _ := plant(1, 12)
	all := s.Problem.Pool
	st := State{Round: 1, Pool: 9, Space: space.New(6, 9, 4, 1)}
	s.Problem.Pool = all[:9]
	s.Arrivals = func(context.Context, bool) ([]Candidate, error) {
		came := slices.Clone(all[9:])
		came[1].First, came[2].First = true, true
		return came, nil
	}
	_, next, err := s.Admit(t.Context(), st, false)
	if err != nil || next.Pool != 12 {
		t.Fatalf("a pool of %d, %v", next.Pool, err)
	}
	for l, layer := range next.Space.Layers {
		want := slices.Concat([]OpID{10, 11}, st.Space.Layers[l].Pending, []OpID{9})
		if !slices.Equal(layer.Pending, want) {
			t.Errorf("layer %d: %v waits, want %v", l, layer.Pending, want)
		}
	}
	for l, ops := range next.Space.Replenish(make([]Path, 6)).Subset() {
		if !slices.Contains(ops, 10) || !slices.Contains(ops, 11) || slices.Contains(ops, 9) {
			t.Errorf("layer %d: the next subset is %v", l, ops)
		}
	}
}
