package export

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// runtimesVariable names a folder with node_modules/onnxruntime-node. With it, TestRuntimes runs, and python3 (or
// NSE_PYTHON) must have torch and onnx.
const runtimesVariable = "NSE_RUNTIMES"

// answer is what a runtime says of a model.
type answer struct {
	Logits       map[int][]float64 // by batch
	Params, MACs int64             // of PyTorch modules
}

// TestRuntimes compares the logits of nse with those of onnxruntime and PyTorch, and counts with PyTorch's.
func TestRuntimes(t *testing.T) {
	modules := os.Getenv(runtimesVariable)
	if modules == "" {
		t.Skipf("%s is not set: want a folder in which `npm install --ignore-scripts onnxruntime-node` was run; "+
			"python3 needs torch and onnx", runtimesVariable)
	}
	python := "python3"
	if p := os.Getenv("NSE_PYTHON"); p != "" {
		python = p
	}
	dir, want := t.TempDir(), map[string]answer{}
	counted := map[string]bool{} // by hand, in examples: the script counts convolutions and linear maps
	for _, k := range sdk.Kinds() {
		for _, e := range k.Zero.Examples() {
			counted[k.Zero.Kind()] = counted[k.Zero.Kind()] || e.Count.MACs > 0
		}
	}
	shapes := map[string][]int{}
	for _, n := range networks(t) {
		shapes[n.Name] = []int{n.Stem.In.Channels, n.Stem.In.Height, n.Stem.In.Width}
		want[n.Name] = n.write(t, dir)
		merged := n.merged(t)
		if len(merged.Weights.Tensors) == len(n.Weights.Tensors) {
			continue // nothing merged
		}
		merged.Name += "-merged"
		shapes[merged.Name] = shapes[n.Name]
		answer := merged.write(t, dir)
		answer.Logits = want[n.Name].Logits
		want[merged.Name] = answer
	}
	put(t, dir, "models.json", shapes)
	torch := ask(t, python, "testdata/torch_logits.py", dir)
	onnx := ask(t, "node", "testdata/onnx_logits.cjs", dir, modules)
	for name, w := range want {
		near(t, name+" in PyTorch", torch[name].Logits, w.Logits)
		if got := torch[name]; got.Params != w.Params || got.MACs != w.MACs && !counted[name] {
			t.Errorf("%s in PyTorch has %d parameters and %d MACs, want %d and %d", name, got.Params, got.MACs,
				w.Params, w.MACs)
		}
		for _, variant := range []string{".fold.onnx", ".keep.onnx"} {
			near(t, name+variant+" in onnxruntime", onnx[name+variant].Logits, w.Logits)
		}
	}
}

// write puts a network's files and images of batch 1 and 7 into dir and returns what is to come out.
func (n *Network) write(t *testing.T, dir string) answer {
	t.Helper()
	normalise := n.Data != nil
	for name, c := range map[string]ONNXConfig{".fold.onnx": {Normalise: normalise},
		".keep.onnx": {KeepBN: true, Normalise: normalise}} {
		model, err := n.ONNX(c)
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, n.Name+name, model)
	}
	module, err := n.Torch(TorchConfig{Normalise: normalise})
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, n.Name+".py", module)
	if err := n.Weights.WriteFile(filepath.Join(dir, n.Name+".safetensors")); err != nil {
		t.Fatal(err)
	}
	want := answer{Logits: map[int][]float64{}}
	for b := range n.blocks() {
		c := b.Count()
		want.Params, want.MACs = want.Params+c.Params, want.MACs+c.MACs
	}
	for _, batch := range []int{1, 7} {
		pixels, x := n.images(batch)
		put(t, dir, fmt.Sprintf("%s.images-%d", n.Name, batch), pixels)
		for _, v := range n.logits(t, batch, x) {
			want.Logits[batch] = append(want.Logits[batch], float64(v))
		}
	}
	return want
}

// images are random pixels of 0..1 [N, C, H, W], and the same [N, H, W, C], normalised if the data are known.
func (n *Network) images(batch int) (pixels, x []float32) {
	in := n.Stem.In
	area := in.Height * in.Width
	r := rand.New(rand.NewPCG(2, uint64(batch)))
	pixels, x = make([]float32, batch*in.Size()), make([]float32, batch*in.Size())
	for i := range pixels {
		pixels[i] = r.Float32()
		image, c, at := i/in.Size(), i/area%in.Channels, i%area
		v := pixels[i]
		if n.Data != nil {
			v = (v - n.Data.Mean[c]) / n.Data.Std[c]
		}
		x[image*in.Size()+at*in.Channels+c] = v
	}
	return pixels, x
}

// near holds logits to 1e-4 of the greatest, and the models to logits that differ from image to image.
func near(t *testing.T, what string, got, want map[int][]float64) {
	t.Helper()
	for batch, w := range want {
		g := got[batch]
		if len(g) != len(w) {
			t.Errorf("%s: %d logits for batch %d, want %d", what, len(g), batch, len(w))
			continue
		}
		var off, most, vary float64
		for i := range w {
			off, most = max(off, math.Abs(g[i]-w[i])), max(most, math.Abs(w[i]))
			vary = max(vary, math.Abs(w[i]-w[i%5]))
		}
		if !(off <= 1e-4*most) {
			t.Errorf("%s: logits of batch %d are off by %.2g of %.2g", what, batch, off, most)
		}
		if batch > 1 && vary < 0.01*most {
			t.Errorf("%s: the images make hardly a difference: %.2g of %.2g", what, vary, most)
		}
		t.Logf("%s: batch %d: off by %.2g of %.2g, images differ by %.2g", what, batch, off, most, vary)
	}
}

// ask runs a program and decodes what it prints.
func ask(t *testing.T, program string, args ...string) (answers map[string]answer) {
	t.Helper()
	cmd := exec.Command(program, args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, &complaints)
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	return answers
}

// put writes bytes, float32s or JSON.
func put(t *testing.T, dir, name string, v any) {
	t.Helper()
	var b []byte
	var err error
	switch v := v.(type) {
	case []byte:
		b = v
	case []float32:
		b, err = binary.Append(nil, binary.LittleEndian, v)
	default:
		b, err = json.Marshal(v)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
