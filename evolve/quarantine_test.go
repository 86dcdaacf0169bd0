package evolve

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/evolve/space"
)

// Operations break at any moment; the search ends all the same, uses each no more from then on, and goes on from every
// checkpoint as it did.
func TestQuarantine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, e := small(rapid.Uint64().Draw(t, "seed"))
		breaks := map[OpID]int{}
		for range rapid.IntRange(1, 8).Draw(t, "broken") {
			breaks[OpID(rapid.IntRange(0, 7).Draw(t, "op"))] = rapid.IntRange(0, 40).Draw(t, "after")
		}
		e.breaks = maps.Clone(breaks)
		var left []map[OpID]int // of breaks, by checkpoint
		events, checkpoints, last := recordWith(t, s, e, func() { left = append(left, maps.Clone(e.breaks)) })
		gone := map[OpID]bool{}
		for _, text := range events {
			var ev Event
			if err := json.Unmarshal([]byte(text), &ev); err != nil {
				t.Fatal(err)
			}
			switch b := ev.Body.(type) {
			case Quarantined:
				if gone[b.Op] || e.breaks[b.Op] > 0 {
					t.Fatalf("operation %d was quarantined twice, or is not broken", b.Op)
				}
				gone[b.Op] = true
			case RoundStarted:
				refuse(t, gone, b.Subset)
			case FrontRetrieved:
				for _, m := range b.Members {
					refuse(t, gone, m.Arch)
				}
			}
		}
		for i, c := range checkpoints {
			e.breaks = maps.Clone(left[i])
			rest, end := resume(t, s, e, c)
			if end != last || !slices.Equal(rest, events[len(events)-len(rest):]) {
				t.Fatalf("resumed from checkpoint %d: another end", i)
			}
		}
	})
}

// TestQuarantineEndsWithTheSpaceOfTheRound: the one reduction layer has nothing left, the other has lost what is left,
// and what waits in a normal layer does not come in. The search can be opened again.
func TestQuarantineEndsWithTheSpaceOfTheRound(t *testing.T) {
	c, err := Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	c.K, c.TrainSteps = 2, 4
	s := Search{Config: c, Problem: Problem{Normal: []bool{true, false, false}}}
	for range 4 {
		s.Problem.Pool = append(s.Problem.Pool, Candidate{Cost: []float64{1, 1, 1}})
	}
	st := State{Round: 1, Phase: PhaseTrain, Pool: 4, Space: space.Space{K: 2,
		Layers: []space.Layer{{New: Path{3}, Pending: Path{2}}, {New: Path{1}}, {New: Path{0, 1}}}}}
	st.Fitness = fitness.New(st.Space.Subset())
	st.Fitness[2].Dropped[0] = true
	end, err := s.quarantine(t.Context(), st, &Broken{Op: 1, Err: errors.New("crashed")})
	if err != nil || end.Reason != "reduction layer 1 has no operation left that can be run" {
		t.Fatalf("%q, %v", end.Reason, err)
	}
	if err := s.checkState(end); err != nil {
		t.Error(err)
	}
}

func refuse(t *rapid.T, gone map[OpID]bool, paths []Path) {
	for _, p := range paths {
		for _, op := range p {
			if gone[op] {
				t.Fatalf("operation %d is used after its quarantine: %v", op, paths)
			}
		}
	}
}

// A search whose only operations of a reduction layer break ends, and says why.
func TestQuarantineOfEverything(t *testing.T) {
	s, e := small(3)
	e.breaks = map[OpID]int{}
	for op := range OpID(8) {
		e.breaks[op] = 5
	}
	st, _ := run(t, s)
	if st.Phase != PhaseFinished || !strings.HasPrefix(st.Reason, "reduction layer 1 has no operation left") {
		t.Errorf("phase %q, reason %q", st.Phase, st.Reason)
	}
}
