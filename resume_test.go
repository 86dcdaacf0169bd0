package nse_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/sdk"
)

// TestResumeNeedsOnlyKernels resumes a search of an operation with a kernel and one without. The run keeps all of the
// second, which is not given again.
func TestResumeNeedsOnlyKernels(t *testing.T) {
	nothing := func(sdk.Call) error { return nil }
	kernel := sdk.Op{
		Name:    "nothing",
		Kernels: []sdk.Kernel{{Name: "nothing", Forward: nothing, Backward: nothing}},
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().Exec(sdk.Exec{Kernel: "nothing", Out: l.Output()}), nil
		},
	}
	s, err := nse.QuickSettings()
	if err != nil {
		t.Fatal(err)
	}
	s.Search.Method = methods.NSE
	s.Data.Spec, s.Data.Size, s.Data.HeldOut, s.Train.Batch = "generated:60", 8, 0.2, 12
	s.Search.K, s.Search.MaxRounds, s.Search.TrainSteps = 2, 1, 2
	s.Search.Constraint.Tau, s.Search.Constraint.Width = 0.06, 0.99
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := nse.Options{Observe: func(e nse.Event) {
		if _, ok := e.(nse.Started); ok {
			cancel()
		}
	}}
	_, err = nse.Start(ctx, dir, nse.Pool{Ops: []sdk.Op{kernel, bottleneck}}, s, cancelled)
	if _, ok := errors.AsType[*nse.Stopped](err); !ok {
		t.Fatalf("%v, want a stopped search", err)
	}
	r, err := nse.Resume(t.Context(), dir, nse.Options{Ops: []sdk.Op{kernel}})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}
