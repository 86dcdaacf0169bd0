package nse_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
)

// judgedSeed gives the judged run fronts of several networks.
const judgedSeed = 3

// judged is a run of two rounds with their fronts, to be judged.
func judged(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "run")
	s := small(t)
	s.Seed = judgedSeed
	r, err := nse.Start(t.Context(), path, nse.Pool{Ops: kernels()}, s, nse.Options{})
	ended(t, r, err)
	return path
}

// trainings counts weight updates and scored architectures.
func trainings(n *int) nse.Options {
	return nse.Options{Observe: func(e nse.Event) {
		_, trained := bodyOf[evolve.Trained](e)
		if _, scored := bodyOf[evolve.Scored](e); trained || scored {
			*n++
		}
	}}
}

// A judge gives every round its hypervolume by one measure. It goes on to the bit when it was stopped, and does nothing
// again. By another seed it is another measure.
func TestJudgeGoesOnAndIsKept(t *testing.T) {
	dir := alone(t)
	run := judged(t, dir)
	for _, epochs := range []int{0, 1} {
		options := nse.JudgeOptions{Epochs: epochs}
		n := 0
		want, err := nse.Judge(t.Context(), run, options, trainings(&n))
		if err != nil {
			t.Fatal(err)
		}
		checkJudgement(t, want, epochs)
		if n == 0 {
			t.Error("nothing is measured")
		}
		n = 0
		if again, err := nse.Judge(t.Context(), run, options, trainings(&n)); err != nil || n != 0 ||
			!reflect.DeepEqual(again, want) {
			t.Errorf("again: %v, %d updates and scores\n%+v, want\n%+v", err, n, again, want)
		}
		if err := os.RemoveAll(filepath.Join(run, "judge")); err != nil {
			t.Fatal(err)
		}
		steps := 0
		ctx, observe := cancelAt(t, func(e nse.Event) bool {
			if _, ok := e.(nse.Searched); ok {
				steps++
			}
			return steps == 3
		})
		_, err = nse.Judge(ctx, run, options, nse.Options{Observe: observe})
		if _, ok := errors.AsType[*nse.StoppedRetraining](err); !ok || !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want a stop", err)
		}
		again, err := nse.Judge(t.Context(), run, options, nse.Options{})
		if err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("after a stop: %v\n%+v, want\n%+v", err, again, want)
		}
		options.Seed = 77
		if other, err := nse.Judge(t.Context(), run, options, nse.Options{}); err != nil || other.Seed != 77 ||
			reflect.DeepEqual(other.Rounds, want.Rounds) {
			t.Errorf("seed 77: %v, %+v", err, other)
		}
		left, err := filepath.Glob(filepath.Join(run, "judge", "*", "weights*"))
		if err != nil || len(left) != 0 {
			t.Errorf("%v, weights are left: %v", err, left)
		}
	}
}

func checkJudgement(t *testing.T, j *nse.Judgement, epochs int) {
	t.Helper()
	by := map[int]string{0: "shared weights", 1: "trained alone"}[epochs]
	if j.By != by || j.Epochs != epochs || j.Seed != judgedSeed+1 || len(j.Rounds) != 2 || j.Unit != "million MACs" {
		t.Fatalf("%+v", j)
	}
	for i, r := range j.Rounds {
		if r.Round != i+1 || len(r.Members) == 0 || (r.Better == nil) != (i == 0) {
			t.Errorf("round %+v", r)
		}
		if i > 0 && *r.Better != (r.Hypervolume > j.Rounds[i-1].Hypervolume) {
			t.Errorf("round %+v after %+v", r, j.Rounds[i-1])
		}
		for _, m := range r.Members {
			for _, other := range j.Rounds[0].Members {
				if reflect.DeepEqual(m.Ops, other.Ops) && m.Judged != other.Judged {
					t.Errorf("%v has %v and %v", m.Ops, m.Judged, other.Judged)
				}
			}
		}
	}
}

// moody is an engine whose later rounds flatter: the search believes that each front is better, and the judge, whose
// round is the first, says no.
type moody struct {
	counting
	round int
}

func (e *moody) Begin(round int, _ []evolve.Path) error { e.round = round; return nil }

func (e *moody) Score(ctx context.Context, archs []evolve.Arch, done func(int, float64) error) error {
	for i, a := range archs {
		n := 0.0
		for _, path := range a {
			for _, op := range path {
				n += float64(op)
			}
		}
		worth := 0.1 + n/1000 // the search prefers large numbers in later rounds
		if e.round == 1 {
			worth = 0.5 - n/1000
		}
		if err := done(i, worth); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func TestJudgeCanSayNo(t *testing.T) {
	run := filepath.Join(alone(t), "run")
	s := small(t)
	s.Search.LockAndRehearse = false
	s.Search.Constraint.Tau, s.Search.Constraint.Width = 0.3, 0.99
	options := tabled(&moody{})
	r, err := nse.Start(t.Context(), run, nse.Pool{Ops: kernels()}, s, options)
	ended(t, r, err)
	j, err := nse.Judge(t.Context(), run, nse.JudgeOptions{}, tabled(&moody{}))
	if err != nil {
		t.Fatal(err)
	}
	if len(j.Rounds) != 2 || *j.Rounds[1].Better {
		t.Errorf("%+v: want a second round that is not better", j)
	}
	if _, err := nse.Judge(t.Context(), run, nse.JudgeOptions{Epochs: 1}, options); err == nil ||
		err.Error() != "the engine cannot train alone: judge by shared weights" {
		t.Errorf("an engine that is no Solo: %v", err)
	}
}

// A round that comes later is judged too: by a new supernet, and alone without training the earlier ones again.
func TestJudgeOfARunThatWentOn(t *testing.T) {
	dir := alone(t)
	run := judged(t, dir)
	first, err := nse.Judge(t.Context(), run, nse.JudgeOptions{Epochs: 1}, nse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := nse.Continue(t.Context(), run, nse.Pool{Ops: kernels()[:4]}, 1, nse.Options{})
	ended(t, r, err)
	n, known := 0, map[string]bool{}
	second, err := nse.Judge(t.Context(), run, nse.JudgeOptions{Epochs: 1}, trainings(&n))
	if err != nil || len(second.Rounds) != 3 || !reflect.DeepEqual(second.Rounds[:2], first.Rounds) {
		t.Fatalf("%v\n%+v, before\n%+v", err, second, first)
	}
	for _, x := range first.Rounds {
		for _, m := range x.Members {
			known[strings.Join(flat(m.Ops), " ")] = true
		}
	}
	want := 0
	for _, m := range second.Rounds[2].Members {
		if !known[strings.Join(flat(m.Ops), " ")] {
			want++
		}
	}
	if n != want {
		t.Errorf("%d were trained, want the %d that are new", n, want)
	}
}

func flat(ops [][]string) (list []string) {
	for _, path := range ops {
		list = append(append(list, path...), "|")
	}
	return list
}

func TestJudgeRefuses(t *testing.T) {
	dir := alone(t)
	if _, err := nse.Judge(t.Context(), dir, nse.JudgeOptions{}, nse.Options{}); !errors.Is(err, nse.ErrNoRun) {
		t.Errorf("no run: %v", err)
	}
	for want, j := range map[string]nse.JudgeOptions{
		"-1 epochs: want 1 or more, or 0 for shared weights":      {Epochs: -1},
		"seed 9223372036854775808: want 0 to 9223372036854775807": {Seed: 1 << 63},
	} {
		if _, err := nse.Judge(t.Context(), dir, j, nse.Options{}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	run := filepath.Join(dir, "run")
	ctx, observe := cancelAt(t, inRound(1))
	_, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, small(t), nse.Options{Observe: observe})
	stopped(t, nil, err)
	if _, err := nse.Judge(t.Context(), run, nse.JudgeOptions{}, nse.Options{}); !errors.Is(err, nse.ErrNoFront) {
		t.Errorf("no front: %v", err)
	}
}
