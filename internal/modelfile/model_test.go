package modelfile

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// example is a network of three layers: two branches, one, none.
func example(t testing.TB) *Model {
	t.Helper()
	d := Model{Version: "test", Name: "front-1", Source: "runs/001", Classes: strings.Fields("cat dog fox"),
		Input: Input{Height: 8, Width: 8, Channels: 1, Mean: []float32{0.5}, Std: []float32{0.25}},
		Macro: supernet.Macro{Name: "small", StemStride: 1, Channels: []int{4, 8}, Layers: "N R N", Head: 8,
			SqueezeExcite: true},
		Training: &Training{Data: "folder:pets", Images: 70, Seed: 9, Settings: retrain.Default("default"),
			TestImages: 30, Test: retrain.Outcome{Last: supernet.Result{Accuracy: 0.5, Loss: 1}, Kept: "last",
				Result: supernet.Result{Accuracy: 0.5, Loss: 1}}}}
	s, err := d.Macro.Skeleton(d.network())
	if err != nil {
		t.Fatal(err)
	}
	families := [][]string{{"mbconv", "ssc"}, {"mbconv"}, {}}
	ops, graphs := make([][]Operation, len(families)), make([][]*sdk.Graph, len(families))
	for l, path := range families {
		for _, name := range path {
			family, err := plugins.Builtin(name)
			if err != nil {
				t.Fatal(err)
			}
			g, err := family.Graph(s.Layers[l], sdk.Attrs{"kernel": 5, "expand": 2})
			if err != nil {
				t.Fatal(err)
			}
			ops[l] = append(ops[l],
				Operation{Name: name + "-k5-e2", Family: name, Checksum: strings.Repeat("ab", len(name))})
			graphs[l] = append(graphs[l], g)
		}
	}
	m, err := New(d, ops, graphs)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// written is a folder with the example and weights drawn from a seed.
func written(t testing.TB, seed uint64) (dir string, m *Model) {
	t.Helper()
	dir, m = filepath.Join(t.TempDir(), "deep", "model"), example(t)
	n, err := m.Net(seed, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if err := m.Write(dir, n); err != nil {
		t.Fatal(err)
	}
	return dir, m
}

func TestModelsAreReadBack(t *testing.T) {
	dir, m := written(t, 3)
	back, n, err := Open(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if got := n.Tensors(); !reflect.DeepEqual(got, read(t, dir).Tensors) {
		t.Error("the weights differ")
	}
	names := func(m *Model) (list []string) {
		for prefix, g := range m.Blocks() {
			for _, p := range g.Params() {
				list = append(list, prefix+p.Name)
			}
		}
		return list
	}
	var stored []string
	for _, tensor := range read(t, dir).Tensors {
		stored = append(stored, tensor.Name)
	}
	if got := names(back); !reflect.DeepEqual(got, names(m)) || !reflect.DeepEqual(got, stored) {
		t.Errorf("parameters %v, want %v, stored %v", got, names(m), stored)
	}
	back.graphs, back.skeleton = m.graphs, m.skeleton
	if !reflect.DeepEqual(back, m) {
		t.Errorf("got %+v\nwant %+v", back, m)
	}
	again, _ := written(t, 3)
	for _, name := range []string{File, WeightsFile} {
		if a, b := text(t, dir, name), text(t, again, name); !bytes.Equal(a, b) {
			t.Errorf("%s differs when it is written again", name)
		}
	}
}

// A network for inference has one convolution for the branches of a RepVGG, and answers as the trained one does.
func TestInferenceIsMerged(t *testing.T) {
	d := *example(t)
	d.Layers, d.Operations = nil, nil
	op, err := plugins.Builtin("repvgg")
	if err != nil {
		t.Fatal(err)
	}
	ops, graphs := make([][]Operation, 3), make([][]*sdk.Graph, 3)
	for l, layer := range d.skeleton.Layers {
		g, err := op.Graph(layer, nil)
		if err != nil {
			t.Fatal(err)
		}
		ops[l], graphs[l] = []Operation{{Name: "repvgg", Family: "repvgg"}}, []*sdk.Graph{g}
	}
	m, err := New(d, ops, graphs)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	trained, err := m.Net(3, 1)
	if err == nil {
		err = m.Write(dir, trained)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	merged, err := m.Inference(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer merged.Close()
	var names []string
	for _, tensor := range merged.Tensors() {
		if strings.HasPrefix(tensor.Name, "layers.0.0.merge.") {
			names = append(names, tensor.Name)
		}
	}
	if want := []string{"layers.0.0.merge.sum.weight", "layers.0.0.merge.sum.bias"}; !slices.Equal(names, want) {
		t.Errorf("tensors %q, want %q", names, want)
	}
	x := make([]float32, 2*m.Input.Shape().Size())
	for i := range x {
		x[i] = float32(i%7) - 3
	}
	want, err := trained.Inference(2).Network(m.Arch(), x)
	if err != nil {
		t.Fatal(err)
	}
	got, err := merged.Inference(2).Network(m.Arch(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if !(math.Abs(float64(got[i]-want[i])) < 1e-4) {
			t.Errorf("logit %d is %g, want %g", i, got[i], want[i])
		}
	}
	if got[0] == got[1] {
		t.Error("the logits are all alike")
	}
}

func TestDamageIsRefused(t *testing.T) {
	replace := func(old, new string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			before := text(t, dir, File)
			after := bytes.Replace(before, []byte(old), []byte(new), 1)
			if bytes.Equal(before, after) {
				t.Fatalf("there is no %q in %s", old, before)
			}
			put(t, dir, File, after)
		}
	}
	remove := func(name string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, name)) }
	}
	const unfit = "DIR/weights.safetensors does not fit model.json: "
	for _, c := range []struct {
		want   string
		damage func(t *testing.T, dir string)
	}{
		{"DIR holds no model: it has no model.json", remove(File)},
		{"DIR/weights.safetensors is missing: the model has no weights", remove(WeightsFile)},
		{"DIR/model.json: not a model: unexpected end of JSON input",
			func(t *testing.T, dir string) { cut(t, dir, File) }},
		{"DIR/model.json: format 2: this nse reads format 1", replace(`"format": 1`, `"format": 2`)},
		{`DIR/model.json: json: unknown field "nam"`, replace(`"name": "front-1"`, `"nam": "front-1"`)},
		{`DIR/model.json: layer 0: "mbconv-k5-e2" is none of the operations`,
			replace(`"name": "mbconv-k5-e2"`, `"name": "mbconv"`)},
		{`DIR/model.json: operations: "ssc\nimport os" cannot be the name of one`,
			replace(`"name": "ssc-k5-e2"`, `"name": "ssc\nimport os"`)},
		{"DIR/model.json: input: channel 0 has mean 0.5 and std 0", replace("0.25", "0.0")},
		{"DIR/model.json: input: resize is 7, want 8 to 1024, and a square input",
			replace(`"height": 8,`, `"resize": 7, "height": 8,`)},
		{"DIR/model.json: input: resize is 100000, want 8 to 1024, and a square input",
			replace(`"height": 8,`, `"resize": 100000, "height": 8,`)},
		{"DIR/model.json: layers: operations for 3 layers, but macro.layers has 2", replace("N R N", "N R")},
		{"DIR/model.json: layer 1: the graph of mbconv-k5-e2 is damaged: output is 4×4×8, the layer needs 4×4×16",
			replace("8\n  ],\n  \"layers\"", "16\n  ],\n  \"layers\"")},
		{"DIR/model.json: count: 1 parameters and ", func(t *testing.T, dir string) {
			_, after, _ := strings.Cut(string(text(t, dir, File)), `"params": `)
			digits, _, _ := strings.Cut(after, ",")
			replace(`"params": `+digits, `"params": 1`)(t, dir)
		}},
		{"DIR/weights.safetensors: safetensors: tensor ",
			func(t *testing.T, dir string) { cut(t, dir, WeightsFile) }},
		{"DIR/weights.safetensors is not the file that model.json was written with: its sha256 is ",
			func(t *testing.T, dir string) {
				other, _ := written(t, 4)
				put(t, dir, WeightsFile, text(t, other, WeightsFile))
			}},
		{unfit + `no tensor "stem.0.weight"`, func(t *testing.T, dir string) {
			f := read(t, dir)
			f.Tensors = f.Tensors[1:]
			forge(t, dir, f)
		}},
		{unfit + `tensor "stem.1.weight" has shape [2 2], want [4]`, func(t *testing.T, dir string) {
			f := read(t, dir)
			f.Tensors[1].Shape = []int{2, 2}
			forge(t, dir, f)
		}},
		{unfit + "0 bytes are too few for 1669 parameters",
			func(t *testing.T, dir string) { forge(t, dir, new(safetensors.File)) }},
		{unfit + "1 tensors belong to no operation of the network", func(t *testing.T, dir string) {
			f := read(t, dir)
			f.Tensors = append(f.Tensors, safetensors.NewFloat32("more", []int{1}, []float32{1}))
			forge(t, dir, f)
		}},
	} {
		dir, _ := written(t, 3)
		c.damage(t, dir)
		_, _, err := Open(dir, 1)
		if want := strings.ReplaceAll(c.want, "DIR", dir); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// Images are opened as they were in training: as large as the input, or larger and cut.
func TestOptionsOfTheInput(t *testing.T) {
	for _, c := range []struct {
		in         Input
		size, crop int
	}{{Input{Height: 8, Width: 8}, 8, 0}, {Input{Height: 8, Width: 9}, 0, 0},
		{Input{Height: 8, Width: 8, Resize: 12}, 12, 8}} {
		if o, err := c.in.Options(); err != nil || o.Size != c.size || o.Crop != c.crop {
			t.Errorf("%+v: size %d and crop %d, %v, want %d and %d", c.in, o.Size, o.Crop, err, c.size, c.crop)
		}
	}
}

// The list of images is that which the model was written with. Models of older versions have none.
func TestImagesAreThoseOfTheModel(t *testing.T) {
	dir, m := written(t, 3)
	if x, err := m.Images(dir); err != nil || x.Rows != nil {
		t.Errorf("an older model has %v, %v", x, err)
	}
	images := data.Index{Rows: []data.Row{{Side: "test", Class: "cat", Digest: 7, Name: "a.png"},
		{Side: "train", Class: "dog", Digest: 8}}}
	m.Training.Fingerprint = images.Fingerprint()
	_, err := m.Images(dir)
	refused(t, err, "images.tsv.gz is missing: it lists the images that the model was trained with")
	list := func(x data.Index) []byte {
		b, err := x.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	put(t, dir, ImagesFile, list(images))
	if x, err := m.Images(dir); err != nil || !slices.Equal(x.Rows, images.Rows) {
		t.Errorf("%v, want %v: %v", x, images, err)
	}
	put(t, dir, ImagesFile, list(data.Index{Rows: images.Rows[:1]}))
	_, err = m.Images(dir)
	refused(t, err, "images.tsv.gz is not the list that model.json was written with")
	put(t, dir, ImagesFile, list(images)[:20])
	_, err = m.Images(dir)
	refused(t, err, "images.tsv.gz: unexpected EOF")
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestAttachTakesEqualGraphsOnly(t *testing.T) {
	m, same := example(t), example(t)
	if err := m.Attach(0, 1, same.Graphs()[0][1]); err != nil || m.Graphs()[0][1] != same.Graphs()[0][1] {
		t.Errorf("error %v, or the graph is not there", err)
	}
	const want = "layer 0: this ssc-k5-e2 is not the operation that the model was made with"
	if err := m.Attach(0, 1, same.Graphs()[0][0]); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// forge writes weights and makes model.json believe in them.
func forge(t *testing.T, dir string, f *safetensors.File) {
	t.Helper()
	b, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	old := file.Sum(text(t, dir, WeightsFile))
	put(t, dir, WeightsFile, b)
	put(t, dir, File, bytes.Replace(text(t, dir, File), []byte(old), []byte(file.Sum(b)), 1))
}

func cut(t *testing.T, dir, name string) {
	b := text(t, dir, name)
	put(t, dir, name, b[:len(b)-10])
}

func text(t testing.TB, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t testing.TB, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, dir string) *safetensors.File {
	t.Helper()
	f, err := safetensors.ReadFile(filepath.Join(dir, WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func FuzzDecode(f *testing.F) {
	m := example(f)
	text, err := m.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"format": 1, "macro": {"channels": [4], "layers": "N"}, "layers": [[{"graph": "aGVsbG8="}]]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := decode(text)
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decode(again); err != nil || back.Count != m.Count {
			t.Errorf("%v, count %v, want %v", err, back.Count, m.Count)
		}
	})
}
