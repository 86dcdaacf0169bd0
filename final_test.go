package nse_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/modelfile"
)

// concluding are small settings of a search that trains the best of two at its end, and the best of two stacks.
func concluding(t *testing.T) nse.Settings {
	t.Helper()
	s := small(t)
	s.Seed = 3 // its front has two networks
	s.Final.Candidates, s.Final.Stacks, s.Retrain.Epochs = 2, 2, 2
	return s
}

// resultOf is a run's result, which result.json has too.
func resultOf(t *testing.T, r *nse.Run) *nse.Result {
	t.Helper()
	x, err := r.Result()
	if err != nil || x == nil {
		t.Fatalf("the run has no result: %v", err)
	}
	text, err := x.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if written, err := os.ReadFile(filepath.Join(r.Dir, "result.json")); err != nil || !bytes.Equal(written, text) {
		t.Fatalf("result.json has %s, want %s: %v", written, text, err)
	}
	return x
}

// modelsIn reads the models in the folders of a folder, by name.
func modelsIn(t *testing.T, dir string) map[string]*modelfile.Model {
	t.Helper()
	models := map[string]*modelfile.Model{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if models[e.Name()], err = modelfile.Read(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return models
}

// TestFinal wants the network and the stack that are best on held-out images, trained as Retrain does, and all of it in
// the ledger.
func TestFinal(t *testing.T) {
	run := filepath.Join(alone(t), "run")
	r, err := nse.Start(t.Context(), run, nse.Pool{Ops: kernels()}, concluding(t), nse.Options{})
	r = ended(t, r, err)
	x := resultOf(t, r)
	tried, models := modelsIn(t, filepath.Join(run, "candidates")), modelsIn(t, filepath.Join(run, "models"))
	if len(tried) != 4 || len(models) != 2 || x.Stack == nil {
		t.Fatalf("%d candidates, %d models, stack %v: want 4, 2 and one", len(tried), len(models), x.Stack)
	}
	alone := 0.0
	for name, m := range tried {
		accuracy, best := m.Training.Test.Accuracy, tried[x.Name]
		if strings.HasPrefix(name, "stack-") {
			best = tried[x.Stack.Name]
		}
		if best == nil || accuracy > best.Training.Test.Accuracy {
			t.Errorf("%s has %g of held-out images, more than what was chosen", name, accuracy)
		}
		if m.Training.Images != 48 || m.Training.TestImages != 12 {
			t.Errorf("%s: %d images, measured on %d, want 48 and 12", name, m.Training.Images, m.Training.TestImages)
		}
		alone += m.Training.MACs
	}
	for _, m := range models {
		if m.Training.Images != 60 {
			t.Errorf("%s is trained on %d images, want all 60", m.Name, m.Training.Images)
		}
		alone += m.Training.MACs
	}
	if x.Ledger.Alone != alone || x.Ledger.Forward == 0 || x.Ledger.Round != 2 {
		t.Errorf("the ledger is %+v, want %g MACs of training alone", x.Ledger, alone)
	}
	if spent, err := r.Ledger(); err != nil || spent != x.Ledger {
		t.Errorf("the run has spent %+v: %v", spent, err)
	}
	if x.Accuracy != models[x.Name].Training.Test.Accuracy || x.MACs != models[x.Name].Count.MACs ||
		x.Params != models[x.Name].Count.Params {
		t.Errorf("%+v is not what its model says", x)
	}
	if s := x.Stack; s.Accuracy != models[s.Name].Training.Test.Accuracy || s.MACs != models[s.Name].Count.MACs ||
		s.MACs > x.MACs || s.Name != "stack-"+s.Op {
		t.Errorf("%+v is not what its model says, or above %d MACs", s, x.MACs)
	}
	dearest(t, x, tried)
	asRetrained(t, run, x)
	report, err := r.Report()
	if err != nil || report.Result == nil || report.Result.Name != x.Name {
		t.Errorf("the report has the result %+v: %v", report.Result, err)
	}
	page, err := r.HTML()
	if err != nil || !bytes.Contains(page, []byte(`<section id="result">`)) ||
		!bytes.Contains(page, []byte(x.Stack.Op+" in all")) {
		t.Errorf("the page does not show the result: %v", err)
	}
}

// dearest wants the stacks to be those of the two greatest kernels that the result's MACs allow.
func dearest(t *testing.T, x *nse.Result, tried map[string]*modelfile.Model) {
	t.Helper()
	var stacks []*modelfile.Model
	for name, m := range tried {
		if strings.HasPrefix(name, "stack-") {
			stacks = append(stacks, m)
		}
	}
	slices.SortFunc(stacks, func(a, b *modelfile.Model) int { return int(a.Count.MACs - b.Count.MACs) })
	order := []string{"one", "three", "five", "seven", "nine", "eleven"}
	low, high := slices.Index(order, stacks[0].Operations[0].Name), slices.Index(order, stacks[1].Operations[0].Name)
	if high != low+1 {
		t.Errorf("the stacks are of %s and %s", order[low], order[high])
	}
	// Three convolutions of kernel k with 4·4, 4·8 and 8·8 channels, on 64, 16 and 16 places.
	of := func(i int) int64 { k := int64(2*i + 1); return k * k * (64*16 + 16*32 + 16*64) }
	fixed := stacks[1].Count.MACs - of(high)
	if high < len(order)-1 && fixed+of(high+1) <= x.MACs {
		t.Errorf("the stack of %s is within %d MACs too, and dearer", order[high+1], x.MACs)
	}
}

// asRetrained wants Retrain to find the result's model as its own, and an export of it.
func asRetrained(t *testing.T, run string, x *nse.Result) {
	t.Helper()
	o := nse.Options{Ops: kernels()}
	done, err := nse.Retrain(t.Context(), run, nse.RetrainOptions{Pick: x.Name}, o)
	if err != nil || done[0].Seconds != 0 || done[0].Model.Training.Test.Accuracy != x.Accuracy {
		t.Fatalf("Retrain makes another model: %v", err)
	}
	again, err := nse.Retrain(t.Context(), run,
		nse.RetrainOptions{Pick: x.Name, Out: filepath.Join(t.TempDir(), "again")}, o)
	if err != nil || again[0].Model.WeightsSum != done[0].Model.WeightsSum {
		t.Fatalf("Retrain trains other weights: %v", err)
	}
	onnx := filepath.Join(t.TempDir(), "net.onnx")
	if err := nse.Export(t.Context(), done[0].Dir, nse.ExportOptions{ONNX: onnx}, o); err != nil {
		t.Error(err)
	}
}

// TestFinalResumed stops a search in its last stage, while it chooses, trains and tests. Resumed, it ends with the same
// result as one that was never stopped, but for the time.
func TestFinalResumed(t *testing.T) {
	dir := alone(t)
	whole := filepath.Join(dir, "whole")
	r, err := nse.Start(t.Context(), whole, nse.Pool{Ops: kernels()}, concluding(t), nse.Options{})
	want := withoutTime(t, ended(t, r, err))
	at := map[string]func(nse.Retraining) bool{
		"chosen":  func(e nse.Retraining) bool { return e.HeldOut && e.Step == 3 },
		"trained": func(e nse.Retraining) bool { return !e.HeldOut && e.Step == 4 },
		"tested":  func(e nse.Retraining) bool { return !e.HeldOut && e.Stage == nse.Testing },
		"stack": func(e nse.Retraining) bool {
			return !e.HeldOut && strings.HasPrefix(e.Model, "stack-") && e.Step == 2
		},
	}
	for name, here := range at {
		t.Run(name, func(t *testing.T) {
			run := filepath.Join(dir, name)
			ctx, observe := cancelAt(t, func(e nse.Event) bool {
				training, ok := e.(nse.Retraining)
				return ok && here(training)
			})
			r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, concluding(t), nse.Options{Observe: observe})
			if s := stopped(t, r, err); !s.Final || !strings.Contains(s.Error(), "while the best was trained") {
				t.Errorf("%v does not say where it stopped", s)
			}
			if _, err := os.Stat(filepath.Join(run, "result.json")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("there is a result already: %v", err)
			}
			r, err = nse.Resume(t.Context(), run, nse.Options{})
			if got := withoutTime(t, ended(t, r, err)); got != want {
				t.Errorf("the result is %s, want %s", got, want)
			}
			for _, file := range []string{"models", "candidates"} {
				sameModels(t, filepath.Join(run, file), filepath.Join(whole, file))
			}
		})
	}
}

// withoutTime is the JSON of a run's result without its seconds.
func withoutTime(t *testing.T, r *nse.Run) string {
	t.Helper()
	x := *resultOf(t, r)
	x.Ledger.Seconds = 0
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sameModels wants the models of two folders to have equal weights.
func sameModels(t *testing.T, a, b string) {
	t.Helper()
	got, want := modelsIn(t, a), modelsIn(t, b)
	if len(got) != len(want) {
		t.Fatalf("%d models, want %d", len(got), len(want))
	}
	for name, m := range want {
		if got[name] == nil || got[name].WeightsSum != m.WeightsSum {
			t.Errorf("%s has other weights", name)
		}
	}
}

// TestFinalAgain resumes a run that has a result, which trains nothing, and continues it, which makes another result.
func TestFinalAgain(t *testing.T) {
	run := filepath.Join(alone(t), "run")
	r, err := nse.Start(t.Context(), run, nse.Pool{Ops: kernels()}, concluding(t), nse.Options{})
	first := *resultOf(t, ended(t, r, err))
	if err := os.Remove(filepath.Join(run, "result.json")); err != nil {
		t.Fatal(err)
	}
	r, err = nse.Resume(t.Context(), run, nse.Options{Observe: func(e nse.Event) {
		if training, ok := e.(nse.Retraining); ok {
			t.Errorf("%s is trained again", training.Model)
		}
	}})
	if again := resultOf(t, ended(t, r, err)); again.Ledger != first.Ledger {
		t.Errorf("the ledger is %+v, and was %+v", again.Ledger, first.Ledger)
	}
	r, err = nse.Continue(t.Context(), run, nse.Pool{Ops: kernels()}, 1, nse.Options{Observe: func(e nse.Event) {
		if _, ok := bodyOf[evolve.Sampled](e); !ok {
			return
		}
		if _, err := os.Stat(filepath.Join(run, "result.json")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the search goes on, and has a result: %v", err)
		}
	}})
	second := resultOf(t, ended(t, r, err))
	if second.Round != 3 || second.Ledger.Round != 3 || second.Ledger.Alone <= first.Ledger.Alone {
		t.Errorf("after the continuation the result is %+v", second)
	}
}

// TestFinalWithout covers searches that have nothing to train, or nothing to compare with.
func TestFinalWithout(t *testing.T) {
	dir := alone(t)
	notice := ""
	o := nse.Options{Observe: func(e nse.Event) {
		if n, ok := e.(nse.Notice); ok {
			notice += n.Text + "\n"
		}
	}}
	s := concluding(t)
	s.Final.Stacks = 0
	r, err := nse.Start(t.Context(), filepath.Join(dir, "none"), nse.Pool{Ops: kernels()}, s, o)
	if x := resultOf(t, ended(t, r, err)); x.Stack != nil {
		t.Errorf("there is a stack: %+v", x.Stack)
	}
	// The budget allows 1×1 convolutions in two of the three layers at most.
	s.Final.Stacks, s.Search.Constraint.Tau, s.Search.Constraint.Width = 3, 0.009, 0.08
	r, err = nse.Start(t.Context(), filepath.Join(dir, "cheap"), nse.Pool{Ops: kernels()[:2]}, s, o)
	if x := resultOf(t, ended(t, r, err)); x.Stack != nil || !strings.Contains(notice, "no uniform stack has at most") {
		t.Errorf("stack %+v, notices %s", x.Stack, notice)
	}
	notice = ""
	own := tabled(&counting{})
	own.Observe = o.Observe
	r, err = nse.Start(t.Context(), filepath.Join(dir, "own"), nse.Pool{Ops: kernels()}, concluding(t), own)
	if x, err := ended(t, r, err).Result(); x != nil || err != nil ||
		!strings.Contains(notice, "the engine is the program's own") {
		t.Errorf("result %+v, notices %s: %v", x, notice, err)
	}
}
