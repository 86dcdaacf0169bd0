package supernet

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

// resumable is a search of three short rounds on a real engine.
func resumable(t *testing.T, keep, reset bool) (evolve.Search, *Engine) {
	t.Helper()
	train, score := testTrain, testScore
	train.KeepWeights, score.Reset = keep, reset
	e := testEngine(t, 2, train, score)
	e.net.build = buildPool
	c, err := evolve.Preset("official")
	if err != nil {
		t.Fatal(err)
	}
	c.K, c.TrainSteps, c.Fitness.LR = 2, 5, 1.2
	c.Constraint = evolve.ConstraintConfig{Tau: 3, Width: 0.9, Alpha: 1e-3, Beta: 2}
	c.Front = evolve.FrontConfig{Samples: 4, Extras: 1, Attempts: 20}
	p := evolve.Problem{Normal: []bool{true, false, true}}
	for range fewOps {
		p.Pool = append(p.Pool, evolve.Candidate{Cost: []float64{1, 1, 1}})
	}
	return evolve.Search{Problem: p, Config: c, Seed: 3, Engine: e}, e
}

// checkpoint is a search's state as JSON and the file that its engine saved with it.
type checkpoint struct {
	state   []byte
	weights string
}

// checkpoints runs a search to its end and keeps every fourth step boundary, and those between rounds.
func checkpoints(t *testing.T, s evolve.Search, e *Engine) (kept []checkpoint, end string) {
	t.Helper()
	dir, boundaries := t.TempDir(), 0
	s.Checkpoint = func(st evolve.State) error {
		boundaries++
		if boundaries%4 != 1 && st.Phase != evolve.PhaseBegin {
			return nil
		}
		c := checkpoint{[]byte(encode(t, st)), filepath.Join(dir, strconv.Itoa(boundaries))}
		kept = append(kept, c)
		return e.Save(c.weights)
	}
	end = finish(t, s, evolve.State{})
	return kept, end
}

func finish(t *testing.T, s evolve.Search, st evolve.State) string {
	t.Helper()
	st, err := s.Run(context.Background(), st)
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, st)
}

func encode(t *testing.T, st evolve.State) string {
	t.Helper()
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A search that goes on in a new engine ends with the same state and weights; with weights that live on from round to
// round too, and with statistics that are not reset.
func TestSearchResumesToTheBit(t *testing.T) {
	for _, test := range []struct{ keep, reset bool }{{false, true}, {true, false}} {
		s, e := resumable(t, test.keep, test.reset)
		kept, end := checkpoints(t, s, e)
		if len(kept) < 8 {
			t.Fatalf("%d checkpoints, want more", len(kept))
		}
		for i, c := range kept {
			s, resumed := resumable(t, test.keep, test.reset)
			var st evolve.State
			if err := json.Unmarshal(c.state, &st); err != nil {
				t.Fatal(err)
			}
			if err := resumed.Restore(c.weights); err != nil {
				t.Fatal(err)
			}
			if finish(t, s, st) != end || saved(t, resumed) != saved(t, e) {
				t.Errorf("keep_weights %v, reset %v: checkpoint %d, in round %d and phase %q, has another end",
					test.keep, test.reset, i, st.Round, st.Phase)
			}
		}
	}
}
