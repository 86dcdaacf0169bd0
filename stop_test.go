package nse_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse"
)

// A search that is cancelled in either round ends, after Resume, with the events, the front and the weights of one that
// never was.
func TestResumedSearchEndsWithTheSameBits(t *testing.T) {
	dir := alone(t)
	whole := filepath.Join(dir, "whole")
	var events []nse.Event
	o := nse.Options{Observe: func(e nse.Event) { events = append(events, e) }}
	r, err := nse.Start(t.Context(), whole, nse.Pool{Ops: kernels()}, small(t), o)
	ended(t, r, err)
	want := encoded(t, events)
	for round, run := range map[int]string{1: filepath.Join(dir, "first"), 2: filepath.Join(dir, "second")} {
		events = nil
		ctx, cancelling := cancelAt(t, inRound(round))
		note := func(e nse.Event) { events = append(events, e) }
		both := func(e nse.Event) { note(e); cancelling(e) }
		r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, small(t), nse.Options{Observe: both})
		s := stopped(t, r, err)
		if s.Dir != run || s.Round != round || !errors.Is(err, context.Canceled) {
			t.Errorf("stopped as %+v", s)
		}
		before := len(encoded(t, events))
		r, err = nse.Resume(t.Context(), run, nse.Options{Observe: note})
		ended(t, r, err)
		got := encoded(t, events)
		for seq, text := range want {
			if got[seq] != text {
				t.Errorf("cancelled in round %d after %d events: event %d is %s, want %s",
					round, before, seq, got[seq], text)
			}
		}
		sameFiles(t, whole, run, "front.json")
		weights, err := filepath.Glob(filepath.Join(whole, "weights-*"))
		if err != nil || len(weights) != 1 {
			t.Fatalf("weights %v, %v", weights, err)
		}
		sameFiles(t, whole, run, filepath.Base(weights[0]))
	}
}

// A search that was cancelled before its first step stands at a checkpoint too.
func TestCancelledAtTheStart(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	ctx, observe := cancelAt(t, func(e nse.Event) bool { _, started := e.(nse.Started); return started })
	r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, small(t), nse.Options{Observe: observe})
	if s := stopped(t, r, err); s.Round != 1 {
		t.Errorf("stopped in round %d", s.Round)
	}
	r, err = nse.Resume(t.Context(), run, nse.Options{})
	ended(t, r, err)
}

// Cancelled before the search began, nothing is written.
func TestCancelledBeforeTheStart(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, small(t), nse.Options{})
	if _, is := errors.AsType[*nse.Stopped](err); is || r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("run %v, error %v", r, err)
	}
	if _, err := os.Stat(run); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a run: %v", err)
	}
}

// overdue is a context whose cancellation is that of a deadline.
type overdue struct{ context.Context }

func (c overdue) Err() error {
	if c.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

// A deadline stops a search and a training as a cancellation does.
func TestDeadlinesStop(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	ctx, observe := cancelAt(t, inRound(1))
	r, err := nse.Start(overdue{ctx}, run, nse.Pool{Ops: kernels()}, small(t), nse.Options{Observe: observe})
	if s := stopped(t, r, err); !errors.Is(s, context.DeadlineExceeded) {
		t.Errorf("stopped by %v", s.Err)
	}
	r, err = nse.Resume(t.Context(), run, nse.Options{})
	ended(t, r, err)

	ctx, observe = cancelAt(t, func(e nse.Event) bool {
		p, is := e.(nse.Retraining)
		return is && p.Stage == nse.Training
	})
	again := nse.RetrainOptions{Pick: "front-1"}
	_, err = nse.Retrain(overdue{ctx}, run, again, nse.Options{Ops: kernels(), Observe: observe})
	s, ok := errors.AsType[*nse.StoppedRetraining](err)
	if !ok || !errors.Is(err, context.DeadlineExceeded) || s.Dir != filepath.Join(run, "models/front-1") {
		t.Fatalf("a training that was stopped: %v", err)
	}
	models, err := nse.Retrain(t.Context(), run, again, nse.Options{Ops: kernels()})
	if err != nil || len(models) != 1 || models[0].Dir != s.Dir {
		t.Errorf("models %v, %v", models, err)
	}
}
