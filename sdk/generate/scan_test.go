package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The generator finds the typed primitives of package sdk, which have all that they need.
func TestRepository(t *testing.T) {
	d, err := scan("../..")
	if err != nil {
		t.Fatal(err)
	}
	if errs := d.missing("../.."); errs != nil {
		t.Error(errs)
	}
	for _, p := range d.typed {
		if p.Type == "LayerNorm" {
			if p.Kind != "layer_norm" || p.Name != "layerNorm" || len(p.Attributes) != 2 ||
				p.Attributes[1].Name != "rms" {
				t.Errorf("got %+v", p)
			}
			return
		}
	}
	t.Errorf("no LayerNorm among %+v", d.typed)
}

// What a primitive lacks is an error that names the file and the declaration.
func TestWhatIsMissing(t *testing.T) {
	const infer = "func (Cube) Infer(in []Shape) (Shape, error) { return in[0], nil }\n"
	const examples = "func (Cube) Examples() []Example { return nil }\n"
	const kind = "func (Cube) Kind() string { return \"cube\" }\n"
	for _, test := range []struct{ declared, want string }{
		{"// Cube is x³.\ntype Cube struct{}\n" + kind + infer,
			"cube.go: Cube has no examples: write func (Cube) Examples() []Example"},
		{"// Cube is x³.\ntype Cube struct{}\nfunc (Cube) Kind() string { return \"Cube\" }\n" + infer + examples,
			`cube.go: Cube has a kind that is no constant in snake case: write return "cube"`},
		{"type Cube struct{}\n" + kind + infer + examples,
			"cube.go: Cube has no doc comment: the docs have no other text"},
		{"// Cube is x³.\ntype Cube struct{ Side []int } // a\n" + kind + infer + examples,
			"cube.go: Cube has the field Side []int: want an exported one with a comment, of type int, float32, " +
				"float64, bool, string, [2]int, Activation"},
		{"// Cube is x³.\ntype Cube struct{}\n" + kind + infer + examples,
			"supernet/graph/cube.go: cube has no lowering: write func (b *builder) cube(k sdk.Cube, in G.Nodes, " +
				"p []*Param) *G.Node\ninternal/export/cube.go: cube has no mapping: write var cube = mapping{...}"},
	} {
		root := t.TempDir()
		for path, text := range map[string]string{"sdk/cube.go": "package sdk\n\n" + test.declared,
			"sdk/wire/encode.go": "package wire\n"} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := run(root); err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{"Eps": "eps", "RMS": "rms", "HeadDim": "head_dim",
		"GELUTanh": "gelu_tanh", "layer_norm": "layer_norm"} {
		if got := snake(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
