package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/plugins/shuffle"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// trainedModel writes the folder of a model of one operation.
func trainedModel(t *testing.T) (dir string) {
	t.Helper()
	d := modelfile.Model{Name: "kept", Classes: []string{"cat", "dog"},
		Input: modelfile.Input{Height: 8, Width: 8, Channels: 1, Mean: []float32{0.375}, Std: []float32{0.25}},
		Macro: supernet.Macro{StemStride: 1, Channels: []int{4}, Layers: "N", Head: 8}}
	s, err := d.Macro.Skeleton(
		supernet.Input{Height: d.Input.Height, Width: d.Input.Width, Channels: d.Input.Channels, Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	g, err := shuffle.Op().Graph(s.Layers[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := modelfile.New(d, [][]modelfile.Operation{{{Name: "shuffle", Family: "shuffle"}}}, [][]*sdk.Graph{{g}})
	if err != nil {
		t.Fatal(err)
	}
	n, err := m.Net(3, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	dir = filepath.Join(t.TempDir(), "kept")
	if err := m.Write(dir, n); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A trained model is exported with its own weights and the statistics of its data.
func TestExportOfAModel(t *testing.T) {
	dir := trainedModel(t)
	module, onnx := filepath.Join(dir, "net.py"), filepath.Join(dir, "net.onnx")
	if status := run([]string{"export", dir, "--onnx", onnx, "--pytorch", module, "--normalise"}); status != 0 {
		t.Fatalf("status %d", status)
	}
	want, err := safetensors.ReadFile(filepath.Join(dir, modelfile.WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	got, err := safetensors.ReadFile(filepath.Join(dir, "net.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Tensors, want.Tensors) {
		t.Error("the weights beside the module are not the model's")
	}
	text, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"normalise=Normalise([0.375], [0.25]),", `CLASSES = ["cat","dog"]`} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the module does not say %s", line)
		}
	}
	file, err := os.ReadFile(onnx)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, []byte(`["cat","dog"]`)) {
		t.Error("the classes are not in the ONNX file")
	}
	if fc, _ := want.Tensor("fc.weight"); !bytes.Contains(file, fc.Data) {
		t.Error("fc.weight is not in the ONNX file")
	}
	if status := run([]string{"export", dir, "--json", "--se"}); status != failed {
		t.Errorf("a variant of a trained model: status %d, want %d", status, failed)
	}
}
