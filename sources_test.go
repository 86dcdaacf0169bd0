package nse_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve/methods"
)

// TestSourcesWithoutArchitectures compares what Retrain, Export and Describe say of a folder that is not there, of one
// without a run, and of a run without a front.
func TestSourcesWithoutArchitectures(t *testing.T) {
	shipped, err := nse.Pools.ReadFile("ops.toml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := nse.QuickSettings()
	if err != nil {
		t.Fatal(err)
	}
	s.Search.Method = methods.NSE
	s.Data.Spec = "generated:60"
	ctx, cancel := context.WithCancel(t.Context())
	run := filepath.Join(t.TempDir(), "run")
	cancelled := nse.Options{Observe: func(e nse.Event) {
		if _, ok := e.(nse.Started); ok {
			cancel()
		}
	}}
	_, err = nse.Start(ctx, run, nse.Pool{Text: string(shipped)}, s, cancelled)
	if _, ok := errors.AsType[*nse.Stopped](err); !ok {
		t.Fatalf("%v, want a stopped search", err)
	}
	for source, want := range map[string]error{
		run: nse.ErrNoFront, t.TempDir(): nse.ErrNoRun, filepath.Join(t.TempDir(), "no"): nse.ErrNoRun,
	} {
		_, retrained := nse.Retrain(t.Context(), source, nse.RetrainOptions{Settings: &s}, nse.Options{})
		_, described := nse.Describe(t.Context(), source, nse.ExportOptions{}, nse.Options{})
		exported := nse.Export(t.Context(), source, nse.ExportOptions{}, nse.Options{})
		for call, err := range map[string]error{"Retrain": retrained, "Describe": described, "Export": exported} {
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", call, err, want)
			}
		}
	}
}
