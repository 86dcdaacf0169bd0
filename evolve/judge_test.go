package evolve

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// weigher is a planted engine that also trains alone: it counts, and stops a context.
type weigher struct {
	*planted
	trained []string
	stop    func()
	epochs  []int
}

func (w *weigher) Alone(ctx context.Context, a Arch, ends []int) (float64, error) {
	if w.stop != nil && len(w.trained) == 2 {
		w.stop()
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	w.trained, w.epochs = append(w.trained, a.Key()), ends
	return w.worth(a), nil
}

// jury makes a judge of architectures over a few operations, some of which no path of K = 4 could hold.
func jury(t *testing.T) (Search, *planted, Judge) {
	t.Helper()
	s, e := plant(5, 16)
	s.Config.TrainSteps = 60
	j := Judge{Archs: []Arch{
		{{0, 1}, {2}, {}, {3}, {4}, {5}},
		{{6, 7, 8}, {9, 10}, {1}, {2}, {0, 1, 2, 3}, {}},
		{{11}, {12, 13}, {4}, {}, {5}, {14, 15}},
		{{}, {0}, {}, {}, {0}, {}},
	}}
	s.Method = j
	return s, e, j
}

// A judge measures every architecture alike with one supernet of all their operations, and searches nothing.
func TestJudgeBySharedWeights(t *testing.T) {
	s, e, j := jury(t)
	st, events := run(t, s)
	if len(st.Front) != 4 || st.Phase != PhaseFinished || st.Round != 1 {
		t.Fatalf("%d measured in round %d, phase %q", len(st.Front), st.Round, st.Phase)
	}
	for i, m := range st.Front {
		if !slices.EqualFunc(m.Arch, j.Archs[i], slices.Equal[Path]) || m.Accuracy != 0.1+0.8*e.worth(m.Arch) ||
			m.Cost != s.Problem.Cost(m.Arch) || m.Epochs != 0 {
			t.Errorf("architecture %d: %+v", i, m)
		}
	}
	subset := bodies[RoundStarted](events)[0].Subset
	if !slices.Equal(subset[0], Path{0, 1, 6, 7, 8, 11}) || !slices.Equal(subset[1], Path{0, 2, 9, 10, 12, 13}) {
		t.Errorf("the supernet has %v", subset)
	}
	if len(bodies[Trained](events)) != 60 || len(bodies[FitnessUpdated](events)) != 0 ||
		len(bodies[Scored](events)) != 4 {
		t.Errorf("%d updates, %d of fitness, %d scored", len(bodies[Trained](events)),
			len(bodies[FitnessUpdated](events)), len(bodies[Scored](events)))
	}
}

// widths counts what is trained.
type widths struct {
	*planted
	branches [][]int // by layer and step
}

func (p *widths) Train(s Step, a Arch) (float64, error) {
	for l, path := range a {
		p.branches[l] = append(p.branches[l], len(path))
	}
	return p.planted.Train(s, a)
}

// Training paths are as wide as those of a round: K/2 operations in the mean where there are more than K.
func TestJudgeTrainsPathsAsWideAsARounds(t *testing.T) {
	s, e, _ := jury(t)
	wide := Arch{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {0}, {0, 1}, {}, {0}, {}}
	p := &widths{planted: e, branches: make([][]int, 6)}
	s.Engine, s.Method, s.Config.TrainSteps = p, Judge{Archs: []Arch{wide}}, 2000
	run(t, s)
	for l, want := range []float64{2, 1, 1, 0, 1, 0} {
		mean := 0.0
		for _, n := range p.branches[l] {
			mean += float64(n) / 2000
		}
		if mean < want-0.1 || mean > want+0.1 {
			t.Errorf("layer %d: %v operations in the mean, want %v", l, mean, want)
		}
	}
}

// A judge that is killed goes on to the same bits from every boundary.
func TestJudgeGoesOnToTheBit(t *testing.T) {
	s, e, _ := jury(t)
	e.noise = 1 // accuracies follow from the weights
	var texts []string
	var weights []uint64
	s.Checkpoint = func(st State) error {
		texts, weights = append(texts, encode(t, st)), append(weights, e.Weights)
		return nil
	}
	end, err := s.Run(t.Context(), State{})
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		s, e, _ := jury(t)
		e.noise, e.Weights = 1, weights[i]
		var st State
		if err := json.Unmarshal([]byte(text), &st); err != nil {
			t.Fatal(err)
		}
		again, err := s.Run(t.Context(), st)
		if err != nil || encode(t, again) != encode(t, end) {
			t.Errorf("boundary %d: %v\n got %s\nwant %s", i, err, encode(t, again), encode(t, end))
		}
	}
	if len(texts) < 60 {
		t.Errorf("%d boundaries", len(texts))
	}
}

// What is trained alone is trained once, also over a stop, and what is known beforehand is not trained at all.
func TestJudgeByTrainingAlone(t *testing.T) {
	s, e, j := jury(t)
	ctx, cancel := context.WithCancel(t.Context())
	w := &weigher{planted: e, stop: cancel}
	j.Solo, j.Epochs, s.Method, s.Engine = w, 3, nil, nil
	s.Method = j
	var last State
	s.Checkpoint = func(st State) error { last = st; return nil }
	if _, err := s.Run(ctx, State{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want a stop", err)
	}
	w.stop = nil
	st, err := s.Run(t.Context(), last)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.trained) != 4 || len(slices.Compact(slices.Sorted(slices.Values(w.trained)))) != 4 ||
		!slices.Equal(w.epochs, []int{3}) {
		t.Errorf("%d trainings of %v epochs, want 4 of 3", len(w.trained), w.epochs)
	}
	for _, m := range st.Front {
		if m.Accuracy != e.worth(m.Arch) || m.Epochs != 3 {
			t.Errorf("%+v, want an accuracy of %v", m, e.worth(m.Arch))
		}
	}
	known := j.Trials(s.Problem)
	for i := range known[:3] {
		known[i].Accuracy, known[i].Done = 0.25, true
	}
	st, err = s.Run(t.Context(), State{Trials: known})
	if err != nil || len(w.trained) != 5 || st.Front[0].Accuracy != 0.25 || st.Front[3].Accuracy == 0.25 {
		t.Errorf("%v, %d trainings, %+v", err, len(w.trained), st.Front)
	}
}

func TestJudgeRefuses(t *testing.T) {
	wide := make(Path, 65)
	for i := range wide {
		wide[i] = OpID(i)
	}
	for want, change := range map[string]func(*Search, *State){
		"evolve: there is nothing to judge": func(s *Search, _ *State) { s.Method = Judge{} },
		"evolve: layer 1: a reduction layer needs an operation": func(s *Search, _ *State) {
			s.Method = Judge{Archs: []Arch{{{}, {}, {}, {}, {0}, {}}}}
		},
		"evolve: the fronts use 65 operations in layer 0: a supernet has at most 64 there, train alone": func(s *Search,
			_ *State) {
			s.Problem.Pool = slices.Repeat(s.Problem.Pool[:1], 65)
			s.Method = Judge{Archs: []Arch{{wide, {0}, {}, {}, {0}, {}}}}
		},
		"evolve: checkpoint: it is of other architectures": func(s *Search, st *State) {
			st.Phase, st.Trials = PhaseScore, Judge{Archs: []Arch{{{}, {0}, {}, {}, {0}, {}}}}.Trials(s.Problem)
		},
	} {
		s, _, _ := jury(t)
		var st State
		change(&s, &st)
		if _, err := s.Run(t.Context(), st); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
