package nse_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// alone gives a test a cache and a folder of its own, and has it fail if it leaves a goroutine.
func alone(t *testing.T) (dir string) {
	t.Helper()
	ignored := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignored) })
	dir = t.TempDir()
	t.Setenv(registry.CacheVariable, filepath.Join(dir, "cache"))
	return dir
}

// small are the settings of a search of two rounds on 60 images of 8×8, which ends in a moment and trains nothing at
// its end. It keeps a checkpoint at almost every step.
func small(t *testing.T) nse.Settings {
	t.Helper()
	s, err := nse.QuickSettings()
	if err != nil {
		t.Fatal(err)
	}
	s.Search.Method = methods.NSE
	s.CheckpointSeconds = 0.001
	s.Data.Spec, s.Data.Size, s.Data.HeldOut = "generated:60", 8, 0.2
	s.Macro = supernet.Macro{StemStride: 1, Channels: []int{4, 8}, Layers: "N R N", Head: 8}
	s.Search.K, s.Search.MaxRounds, s.Search.TrainSteps = 2, 2, 10
	s.Search.Fitness.LR, s.Search.Fitness.Beta1 = 0.1, 0.9
	s.Search.Constraint = evolve.ConstraintConfig{Tau: 0.1, Width: 0.99, Alpha: 0.1, Beta: 2}
	s.Search.Front = evolve.FrontConfig{Samples: 6, Attempts: 100}
	s.Train.Batch, s.Score.Batch, s.Score.Images = 12, 12, 12
	s.Retrain.Epochs, s.Retrain.Batch = 1, 12
	s.Final.Candidates = 0
	return s
}

// convolution is an operation of this program.
func convolution(name string, kernel int) sdk.Op {
	return sdk.Op{Name: name, Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		return g.Input().ConvKxK(l.Out, kernel, l.Stride, 1, 1).BatchNorm(), nil
	}}
}

// doubling is an operation with a kernel of its own, which calls a function before each of its forward passes.
func doubling(before func()) sdk.Op {
	op := sdk.Op{Name: "doubling", Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		x := g.Input().ConvKxK(l.Out, 3, l.Stride, 1, 1).BatchNorm()
		return x.Exec(sdk.Exec{Kernel: "double", Out: l.Output(), Deterministic: true}), nil
	}}
	op.Kernels = []sdk.Kernel{{Name: "double",
		Forward:  func(c sdk.Call) error { before(); double(c.Y, c.X); return nil },
		Backward: func(c sdk.Call) error { double(c.DX, c.DY); return nil },
	}}
	return op
}

func double(to, from []float32) {
	for i, x := range from {
		to[i] = 2 * x
	}
}

// kernels are operations for the small settings, more than two rounds use up.
func kernels() (list []sdk.Op) {
	for i, name := range []string{"one", "three", "five", "seven", "nine", "eleven"} {
		list = append(list, convolution(name, 2*i+1))
	}
	return list
}

// ended wants a search to have come to its end, and closes its run at the end of the test.
func ended(t *testing.T, r *nse.Run, err error) *nse.Run {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	if _, done, err := r.Ended(); err != nil || !done {
		t.Fatalf("the search has not ended: %v", err)
	}
	return r
}

// stopped wants a search to have been cancelled.
func stopped(t *testing.T, r *nse.Run, err error) *nse.Stopped {
	t.Helper()
	s, ok := errors.AsType[*nse.Stopped](err)
	if !ok || r != nil {
		t.Fatalf("run %v, error %v, want a *nse.Stopped", r, err)
	}
	return s
}

// bodyOf is the search's event in an event of a type, if it is one.
func bodyOf[B evolve.Body](e nse.Event) (body B, ok bool) {
	if s, searched := e.(nse.Searched); searched {
		body, ok = s.Body.(B)
	}
	return body, ok
}

// cancelAt is a context that ends with the first event for which at is true, and an observer that ends it.
func cancelAt(t *testing.T, at func(nse.Event) bool) (context.Context, func(nse.Event)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, func(e nse.Event) {
		if at(e) {
			cancel()
		}
	}
}

// inRound is true for the updates of the weights in a round.
func inRound(round int) func(nse.Event) bool {
	return func(e nse.Event) bool {
		_, trained := bodyOf[evolve.Trained](e)
		return trained && e.(nse.Searched).Round == round
	}
}

// encoded are events of a search as texts, by their numbers.
func encoded(t *testing.T, events []nse.Event) map[int]string {
	t.Helper()
	texts := map[int]string{}
	for _, e := range events {
		if s, ok := e.(nse.Searched); ok {
			text, err := json.Marshal(s.Event)
			if err != nil {
				t.Fatal(err)
			}
			texts[s.Seq] = string(text)
		}
	}
	return texts
}

// names lists the operations of a run in the order in which they came.
func names(t *testing.T, r *nse.Run) (list []string) {
	t.Helper()
	history, err := r.History()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range history {
		list = append(list, op.Op)
	}
	return list
}

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// counting is an engine that trains nothing: an architecture is as accurate as it has operations. Before is called
// before each step.
type counting struct {
	before func(evolve.Step) error
}

func (e *counting) Begin(int, []evolve.Path) error { return nil }

func (e *counting) Train(s evolve.Step, _ evolve.Arch) (float64, error) {
	if e.before == nil {
		return 1, nil
	}
	return 1, e.before(s)
}

func (e *counting) Fitness(_ evolve.Step, a, _ evolve.Arch) (evolve.Gradient, error) {
	return evolve.Gradient{Loss: 1, A: make([]float64, len(a)), B: make([]float64, len(a))}, nil
}

func (e *counting) Score(ctx context.Context, archs []evolve.Arch, done func(int, float64) error) error {
	for i, a := range archs {
		n := 0
		for _, path := range a {
			n += len(path)
		}
		if err := done(i, float64(n)/100); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// tabled are options with an engine of one's own.
func tabled(e evolve.Engine) nse.Options {
	return nse.Options{
		Engine: func(evolve.Problem) (evolve.Engine, error) { return e, nil },
		Input:  supernet.Input{Height: 8, Width: 8, Channels: 3, Classes: 10},
	}
}
