package nse_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse"
)

// The ledger of a search that was stopped and went on is that of one that was not, but for its seconds, which go on too.
func TestLedgerOfARun(t *testing.T) {
	dir := alone(t)
	s := small(t)
	r, err := nse.Start(t.Context(), filepath.Join(dir, "whole"), nse.Pool{Ops: kernels()}, s, nse.Options{})
	want, err := ended(t, r, err).Ledger()
	if err != nil || want.TrainImages != 2*10*12 || want.Forward == 0 || want.Backward != 2*want.Forward ||
		want.Fitness == 0 || want.Calibration == 0 || want.Scoring == 0 || want.Alone != 0 || want.Seconds <= 0 ||
		want.Round != 2 {
		t.Fatalf("ledger %+v, %v", want, err)
	}
	run := filepath.Join(dir, "run")
	ctx, observe := cancelAt(t, inRound(2))
	r, err = nse.Start(ctx, run, nse.Pool{Ops: kernels()}, s, nse.Options{Observe: observe})
	stopped(t, r, err)
	if r, err = nse.Open(run); err != nil {
		t.Fatal(err)
	}
	half, err := r.Ledger()
	if err != nil || half.MACs() <= 0 || half.MACs() >= want.MACs() || r.Close() != nil {
		t.Errorf("stopped at %+v, %v", half, err)
	}
	r, err = nse.Resume(t.Context(), run, nse.Options{})
	got, err := ended(t, r, err).Ledger()
	if err != nil || got.Ledger != want.Ledger || got.Seconds <= half.Seconds {
		t.Errorf("ledger %+v, %v, want %+v in more than %v s", got, err, want, half.Seconds)
	}
	sameFiles(t, filepath.Join(dir, "whole"), run, "front.json")
}

// A second pool goes on with the ledger, and has the budget anew.
func TestBudgetOfARun(t *testing.T) {
	dir := alone(t)
	s := small(t)
	s.Budget.TrainImages = 200
	r, err := nse.Start(t.Context(), filepath.Join(dir, "images"), nse.Pool{Ops: kernels()}, s, nse.Options{})
	reason, _, _ := ended(t, r, err).Ended()
	if want := "80 training images are left of 200 (budget.train_images), and round 1 took 120"; reason != want {
		t.Errorf("ended because %q, want %q", reason, want)
	}
	r, err = nse.Continue(t.Context(), filepath.Join(dir, "images"), nse.Pool{Ops: kernels()[3:]}, 1, nse.Options{})
	if spent, err := ended(t, r, err).Ledger(); err != nil || spent.TrainImages != 240 || spent.Round != 2 {
		t.Errorf("spent %+v, %v", spent, err)
	}
	s.Budget.TrainImages, s.Budget.Time = 0, time.Nanosecond
	r, err = nse.Start(t.Context(), filepath.Join(dir, "time"), nse.Pool{Ops: kernels()}, s, nse.Options{})
	reason, _, _ = ended(t, r, err).Ended()
	spent, err := r.Ledger()
	if reason != "the time of 1ns is over (budget.time)" || err != nil || spent.TrainImages >= 120 {
		t.Errorf("ended because %q with %d training images, %v", reason, spent.TrainImages, err)
	}
	if _, err := r.Front(); !errors.Is(err, nse.ErrNoFront) {
		t.Errorf("front: %v", err)
	}
}

// What cannot fit is refused before anything is written, by the name of its setting.
func TestBudgetThatIsTooSmall(t *testing.T) {
	dir := alone(t)
	for key, set := range map[string]func(*nse.Settings){
		"budget.macs":         func(s *nse.Settings) { s.Budget.MACs = 1000 },
		"budget.train_images": func(s *nse.Settings) { s.Budget.TrainImages = 119 },
	} {
		s := small(t)
		set(&s)
		_, err := nse.Start(t.Context(), filepath.Join(dir, "run"), nse.Pool{Ops: kernels()}, s, nse.Options{})
		if e, is := errors.AsType[*nse.SettingError](err); !is || e.Key != key ||
			!strings.Contains(err.Error(), "at least that") {
			t.Errorf("%s: %v", key, err)
		}
		_, err = nse.Start(t.Context(), filepath.Join(dir, "run"), nse.Pool{Ops: kernels()}, s, tabled(&counting{}))
		if e, is := errors.AsType[*nse.SettingError](err); !is || e.Key != key {
			t.Errorf("%s of an engine that does not count: %v", key, err)
		}
	}
}
