package evolve

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// saved is a checkpoint: what the search carries and what its engine holds, encoded at a step boundary.
type saved struct {
	state   string
	weights uint64
}

// small is a search of a few rounds whose every boundary can be tried.
func small(seed uint64) (Search, *planted) {
	s, e := plant(seed, 8)
	e.noise = 0.5
	s.Config.TrainSteps, s.Config.Fitness.LR = 8, 1.5
	s.Config.Front = FrontConfig{Samples: 6, Extras: 2, Attempts: 30}
	return s, e
}

// record runs a search and returns its events, checkpoints and last state.
func record(t *rapid.T, s Search, e *planted) (events []string, checkpoints []saved, last string) {
	return recordWith(t, s, e, func() {})
}

// recordWith also calls saving at every checkpoint.
func recordWith(t *rapid.T, s Search, e *planted, saving func()) (events []string, checkpoints []saved, last string) {
	s.Observe = func(ev Event) error {
		events = append(events, mustJSON(t, ev))
		return nil
	}
	s.Checkpoint = func(st State) error {
		checkpoints = append(checkpoints, saved{mustJSON(t, st), e.Weights})
		saving()
		return nil
	}
	st, err := s.Run(context.Background(), State{})
	if err != nil {
		t.Fatal(err)
	}
	return events, checkpoints, mustJSON(t, st)
}

// resume goes on from a checkpoint with a fresh engine that holds the checkpoint's weights.
func resume(t *rapid.T, s Search, e *planted, c saved) (events []string, last string) {
	fresh := *e
	fresh.Weights = c.weights
	s.Engine, s.Checkpoint = &fresh, nil
	s.Observe = func(ev Event) error {
		events = append(events, mustJSON(t, ev))
		return nil
	}
	var st State
	if err := json.Unmarshal([]byte(c.state), &st); err != nil {
		t.Fatal(err)
	}
	if got := mustJSON(t, st); got != c.state {
		t.Fatalf("state changed on its way through JSON:\n%s\n%s", c.state, got)
	}
	from := st.Events
	st, err := s.Run(context.Background(), st)
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != st.Events-from {
		t.Fatalf("%d events from number %d to %d", len(events), from, st.Events)
	}
	return events, mustJSON(t, st)
}

func mustJSON(t *rapid.T, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A search that goes on from any step boundary ends in the same state and reports the same events from there on.
func TestResumeFromEveryBoundary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, e := small(rapid.Uint64().Draw(t, "seed"))
		s.Config.SingleBranch = rapid.Bool().Draw(t, "single")
		s.Config.LockAndRehearse = rapid.Bool().Draw(t, "lock")
		if s.Config.SingleBranch {
			s.Config.Constraint.Tau = 5
		}
		if rapid.Bool().Draw(t, "official") {
			s.Config.End, s.Config.Fitness.Smoothing = EndOfficial, 1e-3
		}
		events, checkpoints, last := record(t, s, e)
		for i, c := range checkpoints {
			rest, end := resume(t, s, e, c)
			if end != last {
				t.Fatalf("boundary %d of %d: ends as\n%s\nwant\n%s", i, len(checkpoints), end, last)
			}
			if want := events[len(events)-len(rest):]; !slices.Equal(rest, want) {
				t.Fatalf("boundary %d of %d: other events than without the break", i, len(checkpoints))
			}
		}
	})
}

// A cancelled search returns the context's error and the state that its last checkpoint had; many breaks in a row
// change nothing.
func TestCancelAtEveryBoundary(t *testing.T) {
	s, e := small(5)
	want, err := s.Run(context.Background(), State{})
	if err != nil {
		t.Fatal(err)
	}
	var st State
	breaks := 0
	for e.Weights = 0; st.Phase != PhaseFinished; breaks++ {
		ctx, cancel := context.WithCancel(context.Background())
		var last State
		afterCancel := 0
		s.Checkpoint = func(c State) error {
			if ctx.Err() != nil {
				afterCancel++
			}
			last = c
			cancel()
			return nil
		}
		st, err = s.Run(ctx, st)
		if !errors.Is(err, context.Canceled) && st.Phase != PhaseFinished {
			t.Fatalf("break %d: error %v", breaks, err)
		}
		if !reflect.DeepEqual(st, last) || afterCancel == 0 {
			t.Fatalf("break %d: state %+v, last checkpoint %+v, %d checkpoints after the cancellation", breaks, st,
				last, afterCancel)
		}
	}
	if breaks < 30 {
		t.Errorf("%d breaks only", breaks)
	}
	if !reflect.DeepEqual(st, want) {
		t.Errorf("ends as\n%s\nwant\n%s", encode(t, st), encode(t, want))
	}
}

// A damaged checkpoint is refused or survived, never followed by a panic.
func FuzzResume(f *testing.F) {
	s, _ := small(1)
	s.Checkpoint = func(st State) error {
		f.Add([]byte(encode(f, st)))
		return nil
	}
	if _, err := s.Run(context.Background(), State{}); err != nil {
		f.Fatal(err)
	}
	s.Checkpoint = nil
	f.Fuzz(func(t *testing.T, text []byte) {
		var st State
		if json.Unmarshal(text, &st) != nil {
			return
		}
		s, _ := small(1)
		s.Config.MaxRounds = max(st.Round, 0) + 1
		if end, err := s.Run(context.Background(), st); err == nil && end.Phase != PhaseFinished {
			t.Errorf("ended in phase %q", end.Phase)
		}
	})
}
