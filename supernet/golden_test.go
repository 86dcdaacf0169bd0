package supernet

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/reference"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// golden is one case computed with PyTorch. What to do with it stands in its metadata.
type golden struct {
	*testing.T
	file  *safetensors.File
	floor float64 // tensors are compared at the scale of their greatest magnitude, or of this
}

var goldenKinds = map[string]func(golden){"block": goldenBlock, "supernet": goldenSupernet}

// TestGolden checks every golden case through the path of a search: plugin process, IR, gorgonia graph, executor. A
// case of unknown kind fails.
func TestGolden(t *testing.T) {
	for _, path := range reference.Cases(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".safetensors"), func(t *testing.T) {
			f, err := safetensors.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			check, known := goldenKinds[f.Metadata["kind"]]
			if !known {
				t.Fatalf("%s: unknown kind of case %q", path, f.Metadata["kind"])
			}
			check(golden{T: t, file: f})
		})
	}
}

// integer reads a number of the metadata.
func (g golden) integer(key string) int {
	g.Helper()
	n, err := strconv.Atoi(g.file.Metadata[key])
	if err != nil {
		g.Fatalf("metadata %q: %v", key, err)
	}
	return n
}

// activation is the case's; ReLU if the metadata name none.
func (g golden) activation() (a sdk.Activation) {
	g.Helper()
	if name := g.file.Metadata["activation"]; name != "" {
		if err := a.UnmarshalText([]byte(name)); err != nil {
			g.Fatal(err)
		}
	}
	return a
}

// decode reads a JSON value of the metadata.
func (g golden) decode(key string, v any) {
	g.Helper()
	if err := json.Unmarshal([]byte(g.file.Metadata[key]), v); err != nil {
		g.Fatalf("metadata %q: %v", key, err)
	}
}

// tensor returns the values of a tensor; activations become NHWC.
func (g golden) tensor(name string) []float32 {
	g.Helper()
	t, ok := g.file.Tensor(name)
	if !ok {
		g.Fatalf("no tensor %q", name)
	}
	v, err := t.Float32s()
	if err != nil {
		g.Fatal(err)
	}
	return v
}

func (g golden) image(name string) []float32 {
	g.Helper()
	t, _ := g.file.Tensor(name)
	v := g.tensor(name)
	n, c, hw := t.Shape[0], t.Shape[1], t.Shape[2]*t.Shape[3]
	out := make([]float32, len(v))
	for b := range n {
		for q := range c {
			for p := range hw {
				out[(b*hw+p)*c+q] = v[(b*c+q)*hw+p]
			}
		}
	}
	return out
}

// near fails unless got equals want within 1e-4 of want's greatest magnitude.
func (g golden) near(name string, got, want []float32) {
	g.Helper()
	if len(got) != len(want) {
		g.Fatalf("%s has %d elements, want %d", name, len(got), len(want))
	}
	scale, worst, at := max(g.floor, 1e-30), 0.0, 0
	for i := range want {
		scale = max(scale, math.Abs(float64(want[i])))
		if d := math.Abs(float64(got[i] - want[i])); d > worst || math.IsNaN(d) {
			worst, at = d, i
		}
	}
	if !(worst <= 1e-4*scale) {
		g.Errorf("%s[%d] = %g, want %g (relative error %.2g of the tensor's maximum)", name, at, got[at], want[at],
			worst/scale)
	}
}

// pool starts the plugins of operations that are given as in the metadata: a family and its attributes.
func (g golden) pool(ops []map[string]any) []registry.Op {
	g.Helper()
	var text strings.Builder
	for _, op := range ops {
		family := op["family"].(string)
		fmt.Fprintf(&text, "[[plugin]]\nbuiltin = %q\n[[plugin.op]]\nname = %q\n", family, family)
		for name, v := range op {
			if list, ok := v.([]any); ok {
				v = []any{list} // one value that is a list
			}
			if name != "family" {
				value, _ := json.Marshal(v)
				fmt.Fprintf(&text, "%s = %s\n", name, value)
			}
		}
	}
	p, err := registry.Parse(context.Background(), "golden", []byte(text.String()), ".", processes())
	if err != nil {
		g.Fatalf("%v\n%s", err, text.String())
	}
	g.Cleanup(func() { p.Close() })
	return p.Ops
}

// builder hands the pool's graphs to a Net.
func builder(ops []registry.Op) Builder {
	return func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
		return ops[op].Graph(context.Background(), l)
	}
}
