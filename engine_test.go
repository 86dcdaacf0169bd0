package nse_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
)

// remembering is a counting engine whose accuracies depend a little on how often it was trained.
type remembering struct {
	counting
	steps                     int
	saved, restored, closings int
}

func (e *remembering) Begin(int, []evolve.Path) error { e.steps = 0; return nil }

func (e *remembering) Train(s evolve.Step, a evolve.Arch) (float64, error) {
	e.steps++
	return 1 / float64(e.steps), nil
}

func (e *remembering) Save(path string) error {
	e.saved++
	return os.WriteFile(path, []byte(strconv.Itoa(e.steps)), 0o644)
}

func (e *remembering) Restore(path string) error {
	e.restored++
	text, err := os.ReadFile(path)
	if err == nil {
		e.steps, err = strconv.Atoi(string(text))
	}
	return err
}

func (e *remembering) Close() { e.closings++ }

// An engine without Save, Restore and Close searches and goes on. The data of the settings are not opened.
func TestEngineOfOnesOwn(t *testing.T) {
	dir := alone(t)
	whole, run := filepath.Join(dir, "whole"), filepath.Join(dir, "run")
	s := small(t)
	s.Data.Spec = "cifar10:" + filepath.Join(dir, "nowhere")
	r, err := nse.Start(t.Context(), whole, nse.Pool{Ops: kernels()}, s, tabled(&counting{}))
	if front, err := ended(t, r, err).Front(); err != nil || front.Round != 2 {
		t.Errorf("front of round %d, %v", front.Round, err)
	}
	o := tabled(&counting{})
	ctx, observe := cancelAt(t, inRound(2))
	o.Observe = observe
	r, err = nse.Start(ctx, run, nse.Pool{Ops: kernels()}, s, o)
	stopped(t, r, err)
	r, err = nse.Resume(t.Context(), run, tabled(&counting{}))
	ended(t, r, err)
	sameFiles(t, whole, run, "front.json")
}

// An engine with Save, Restore and Close has its weights in the run, gets those of the last checkpoint, and is closed
// once.
func TestEngineKeepsItsWeightsInTheRun(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	first, second := &remembering{}, &remembering{}
	o := tabled(first)
	ctx, observe := cancelAt(t, inRound(2))
	o.Observe = observe
	r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, small(t), o)
	stopped(t, r, err)
	if first.saved == 0 || first.restored != 0 || first.closings != 1 {
		t.Errorf("saved %d times, restored %d, closed %d", first.saved, first.restored, first.closings)
	}
	o = tabled(second)
	o.Observe = func(e nse.Event) {
		if _, started := e.(nse.Started); started && second.steps != first.steps {
			t.Errorf("restored %d steps of %d", second.steps, first.steps)
		}
	}
	r, err = nse.Resume(t.Context(), run, o)
	ended(t, r, err)
	if second.restored != 1 || second.closings != 1 {
		t.Errorf("restored %d times, closed %d", second.restored, second.closings)
	}
}

// The error of an engine ends the search, of one that cannot be made too. A broken operation does not.
func TestEngineErrors(t *testing.T) {
	dir := alone(t)
	ours := errors.New("no more")
	o := nse.Options{Engine: func(p evolve.Problem) (evolve.Engine, error) {
		return nil, fmt.Errorf("%d operations: %w", len(p.Pool), ours)
	}}
	o.Input = tabled(nil).Input
	_, err := nse.Start(t.Context(), filepath.Join(dir, "unmade"), nse.Pool{Ops: kernels()}, small(t), o)
	if !errors.Is(err, ours) {
		t.Errorf("no engine: %v", err)
	}
	fails := &counting{before: func(s evolve.Step) error {
		if s.Index == 3 {
			return ours
		}
		return nil
	}}
	_, err = nse.Start(t.Context(), filepath.Join(dir, "failed"), nse.Pool{Ops: kernels()}, small(t), tabled(fails))
	if !errors.Is(err, ours) {
		t.Errorf("an engine that fails: %v", err)
	}
	broke := false
	breaks := tabled(&counting{before: func(s evolve.Step) error {
		if s.Index == 3 && !broke {
			broke = true
			return &evolve.Broken{Op: 0, Err: ours}
		}
		return nil
	}})
	var quarantined []evolve.OpID
	breaks.Observe = func(e nse.Event) {
		if q, is := bodyOf[evolve.Quarantined](e); is {
			quarantined = append(quarantined, q.Op)
		}
	}
	r, err := nse.Start(t.Context(), filepath.Join(dir, "broken"), nse.Pool{Ops: kernels()}, small(t), breaks)
	ended(t, r, err)
	if len(quarantined) != 1 || quarantined[0] != 0 {
		t.Errorf("quarantined %v", quarantined)
	}
}
