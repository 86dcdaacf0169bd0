package nse_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/sdk"
)

// What is wrong with a setting is said with its key, by the calls that take settings, and nothing is written.
func TestSettingErrors(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	for key, spoil := range map[string]func(*nse.Settings){
		"search.k":              func(s *nse.Settings) { s.Search.K = 0 },
		"macro.layers":          func(s *nse.Settings) { s.Macro.Layers = "N X" },
		"train.batch":           func(s *nse.Settings) { s.Train.Batch = 1 },
		"checkpoint_seconds":    func(s *nse.Settings) { s.CheckpointSeconds = 0 },
		"search.constraint.tau": func(s *nse.Settings) { s.Search.Constraint.Tau = 1000 },
	} {
		s := small(t)
		spoil(&s)
		r, err := nse.Start(t.Context(), run, nse.Pool{Ops: kernels()}, s, nse.Options{})
		wrong, ok := errors.AsType[*nse.SettingError](err)
		if r != nil || !ok || wrong.Key != key || wrong.Err == nil {
			t.Errorf("%s: run %v, error %v", key, r, err)
		}
		if _, err := os.Stat(run); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s: there is a run: %v", key, err)
		}
	}
	s := small(t)
	s.Retrain.Epochs = 0
	_, err := nse.Retrain(t.Context(), "A", nse.RetrainOptions{Settings: &s}, nse.Options{})
	if wrong, ok := errors.AsType[*nse.SettingError](err); !ok || wrong.Key != "retrain.epochs" {
		t.Errorf("Retrain: %v", err)
	}
}

// A folder without a run is that for every call that wants one.
func TestErrNoRun(t *testing.T) {
	dir := alone(t)
	_, open := nse.Open(dir)
	_, resume := nse.Resume(t.Context(), dir, nse.Options{})
	_, goOn := nse.Continue(t.Context(), dir, nse.Pool{Ops: kernels()}, 1, nse.Options{})
	_, add := nse.AddOps(t.Context(), dir, nse.Pool{Ops: kernels()}, nse.Options{})
	for call, err := range map[string]error{"Open": open, "Resume": resume, "Continue": goOn, "AddOps": add} {
		if !errors.Is(err, nse.ErrNoRun) {
			t.Errorf("%s: %v", call, err)
		}
	}
}

// A run that was stopped in its first round has no front, to show or to go on from. It is in use while it is searched.
func TestErrNoFrontAndErrInUse(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	ctx, cancelling := cancelAt(t, inRound(1))
	o := nse.Options{Observe: func(e nse.Event) {
		if _, started := e.(nse.Started); started {
			_, resume := nse.Resume(t.Context(), run, nse.Options{})
			_, goOn := nse.Continue(t.Context(), run, nse.Pool{Ops: kernels()}, 1, nse.Options{})
			if !errors.Is(resume, nse.ErrInUse) || !errors.Is(goOn, nse.ErrInUse) {
				t.Errorf("a run that is searched: Resume %v, Continue %v", resume, goOn)
			}
		}
		cancelling(e)
	}}
	r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, small(t), o)
	stopped(t, r, err)
	_, err = nse.Continue(t.Context(), run, nse.Pool{Ops: kernels()}, 1, nse.Options{})
	if !errors.Is(err, nse.ErrNoFront) {
		t.Errorf("Continue: %v", err)
	}
	r, err = nse.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Front(); !errors.Is(err, nse.ErrNoFront) {
		t.Errorf("Front: %v", err)
	}
}

// A search that has ended takes no more operations, and its front.json is the one that the run knows. A model that is
// being trained is in use, and is not trained with other settings afterwards.
func TestErrorsAfterTheEnd(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	r, err := nse.Start(t.Context(), run, nse.Pool{Ops: kernels()}, small(t), nse.Options{})
	r = ended(t, r, err)
	_, err = nse.AddOps(t.Context(), run, nse.Pool{Ops: []sdk.Op{convolution("thirteen", 13)}}, nse.Options{})
	if !errors.Is(err, nse.ErrFinished) {
		t.Errorf("AddOps: %v", err)
	}

	again, o := nse.RetrainOptions{Pick: "front-1"}, nse.Options{Ops: kernels()}
	first := true
	o.Observe = func(e nse.Event) {
		if _, training := e.(nse.Retraining); training && first {
			first = false
			_, err := nse.Retrain(t.Context(), run, again, nse.Options{Ops: kernels()})
			if !errors.Is(err, nse.ErrInUse) {
				t.Errorf("Retrain beside another: %v", err)
			}
		}
	}
	if _, err := nse.Retrain(t.Context(), run, again, o); err != nil || first {
		t.Fatal(err)
	}
	s := small(t)
	s.Retrain.Epochs = 2
	again.Settings = &s
	if _, err := nse.Retrain(t.Context(), run, again, nse.Options{Ops: kernels()}); !errors.Is(err, nse.ErrOtherModel) {
		t.Errorf("Retrain with other settings: %v", err)
	}

	writeFile(t, r.FrontFile(), readFile(t, r.FrontFile())+" ")
	_, describe := nse.Describe(t.Context(), run, nse.ExportOptions{Pick: "front-1"}, nse.Options{Ops: kernels()})
	x := nse.ExportOptions{Pick: "front-1", ONNX: filepath.Join(dir, "x.onnx")}
	export := nse.Export(t.Context(), run, x, nse.Options{Ops: kernels()})
	_, retrain := nse.Retrain(t.Context(), run, nse.RetrainOptions{}, nse.Options{Ops: kernels()})
	for call, err := range map[string]error{"Describe": describe, "Export": export, "Retrain": retrain} {
		if !errors.Is(err, nse.ErrForeignFront) {
			t.Errorf("%s: %v", call, err)
		}
	}
	r, err = nse.Resume(t.Context(), run, nse.Options{}) // writes it anew
	ended(t, r, err)
	x = nse.ExportOptions{Pick: "front-1"}
	if _, err := nse.Describe(t.Context(), run, x, nse.Options{Ops: kernels()}); err != nil {
		t.Error(err)
	}
}

// A search that ends without a front has none to go on from.
func TestErrNoFrontAtTheEnd(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	s := small(t)
	s.Search.Constraint.Tau, s.Search.Constraint.Width = 0.05, 1e-9
	s.Search.Front.Samples, s.Search.Front.Extras, s.Search.Front.Attempts = 2, 0, 1 // which find nothing in so little
	r, err := nse.Start(t.Context(), run, nse.Pool{Ops: kernels()}, s, nse.Options{})
	if _, err := ended(t, r, err).Front(); !errors.Is(err, nse.ErrNoFront) {
		t.Errorf("Front: %v", err)
	}
	_, err = nse.Continue(t.Context(), run, nse.Pool{Ops: kernels()}, 1, nse.Options{})
	if !errors.Is(err, nse.ErrNoFront) {
		t.Errorf("Continue: %v", err)
	}
}
