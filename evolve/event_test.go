package evolve

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// Every event of a search survives JSON, and every kind occurs.
func TestEventsInJSON(t *testing.T) {
	s, e := plant(1, 12)
	e.breaks = map[OpID]int{3: 400}
	s.Config.TrainSteps = 200
	all := s.Problem.Pool
	s.Problem.Pool = all[:11]
	s.Arrivals = func(context.Context, bool) ([]Candidate, error) {
		came := all[11:]
		all = all[:11]
		return came, nil
	}
	st, events := run(t, s)
	s.Problem.Pool = s.Problem.Pool[:12]
	s.Observe = func(e Event) error {
		events = append(events, e)
		return nil
	}
	if _, err := s.Continue(context.Background(), st, []OpID{2}); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, e := range events {
		kinds[e.Body.Kind()]++
		text := encode(t, e)
		var read Event
		if err := json.Unmarshal([]byte(text), &read); err != nil {
			t.Fatal(err)
		}
		if encode(t, read) != text || reflect.TypeOf(read.Body) != reflect.TypeOf(e.Body) {
			t.Fatalf("read %+v from %s", read, text)
		}
	}
	for _, kind := range strings.Fields("round_started trained fitness_updated dropped sampled scored " +
		"front_retrieved arrived aggregated replenished continued quarantined finished") {
		if kinds[kind] == 0 {
			t.Errorf("no event of kind %s in %v", kind, kinds)
		}
	}
	if len(kinds) != 13 {
		t.Errorf("kinds %v, want 13", kinds)
	}
}

func TestEventsRefuseUnknownKinds(t *testing.T) {
	for text, want := range map[string]string{
		`{"seq":4,"kind":"party"}`:                        `event 4: unknown kind "party"`,
		`{"seq":4,"kind":"dropped","body":{"op":"conv"}}`: "event 4: dropped: ",
	} {
		var e Event
		if err := json.Unmarshal([]byte(text), &e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v of %s, want %q", err, text, want)
		}
	}
}

// θ stands in the events of some fitness steps, always in the round's last.
func TestThetaSnapshots(t *testing.T) {
	for _, total := range []int{1, 7, 64, 65, 1000} {
		n := 0
		for i := range total {
			snapshot := Step{1, i, total}.Snapshot()
			if snapshot {
				n++
			}
			if i == total-1 && !snapshot {
				t.Errorf("%d steps: none on the last", total)
			}
		}
		if n != min(total, 64) {
			t.Errorf("%d snapshots of %d steps, want %d", n, total, min(total, 64))
		}
	}
}
