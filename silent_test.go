package nse_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/sdk"
)

// silentVariable has TestNothingIsPrinted use the library and exit, in a folder of the variable's value.
const silentVariable = "NSE_TEST_SILENT"

// The library prints nothing: not from a search with a kernel that fails, and not from what follows it.
func TestNothingIsPrinted(t *testing.T) {
	if dir := os.Getenv(silentVariable); dir != "" {
		useAll(t, dir)
		os.Exit(0)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingIsPrinted$")
	cmd.Env = append(os.Environ(), silentVariable+"="+alone(t))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v, printed:\n%s", err, out)
	}
}

// useAll goes through the calls of the library.
func useAll(t *testing.T, dir string) {
	run, o := filepath.Join(dir, "run"), nse.Options{Ops: kernels()}
	pool := nse.Pool{Ops: append(kernels(), doubling(func() { panic("out of luck") }))}
	r, err := nse.Start(t.Context(), run, pool, small(t), o)
	if err == nil {
		err = r.Close()
	}
	if err == nil {
		r, err = nse.Continue(t.Context(), run, nse.Pool{Ops: []sdk.Op{convolution("seventeen", 17)}}, 1, o)
	}
	if err == nil {
		_, err = r.HTML()
	}
	if err == nil {
		o.Ops = append(o.Ops, convolution("seventeen", 17))
		_, err = nse.Retrain(t.Context(), run, nse.RetrainOptions{Pick: "front-1"}, o)
	}
	if err == nil {
		x := nse.ExportOptions{ONNX: filepath.Join(dir, "x.onnx")}
		err = nse.Export(t.Context(), filepath.Join(run, "models/front-1"), x, o)
	}
	if err == nil {
		_, err = nse.Resume(t.Context(), filepath.Join(dir, "nowhere"), o)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}
