package plugins_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/sdktest"
)

// reference reads a file of the repository's testdata.
func reference(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// operation is an operation as the reference writes it: the family and its attributes.
type operation map[string]any

func (o operation) build(t *testing.T, l sdk.Layer) *sdk.Graph {
	t.Helper()
	op, err := plugins.Builtin(o["family"].(string))
	if err != nil {
		t.Fatal(err)
	}
	g, err := op.Graph(l, o.attrs())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (o operation) attrs() sdk.Attrs {
	attrs := sdk.Attrs{}
	for name, v := range o {
		switch v := v.(type) {
		case float64:
			attrs[name] = int(v)
		case []any:
			attrs[name] = []int{int(v[0].(float64)), int(v[1].(float64))}
		}
	}
	return attrs
}

func TestCountsEqualReference(t *testing.T) {
	var table struct {
		Spaces map[string][]operation
		Macro  struct {
			Rows []struct {
				Cin, Cout, Stride, Size int
				Ops                     []sdk.Count
			}
		}
	}
	if err := json.Unmarshal(reference(t, "ops27.json"), &table); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for i, row := range table.Macro.Rows {
		l := sdk.Layer{Index: i, In: row.Cin, Out: row.Cout, Stride: row.Stride, Height: row.Size, Width: row.Size}
		for id, want := range row.Ops {
			if got := table.Spaces["27"][id].build(t, l).Count(); got != want {
				t.Errorf("layer %d, operation %d: %+v, want %+v", i, id, got, want)
			}
			checked++
		}
	}
	if checked != 22*27 {
		t.Errorf("%d counts in the table, want 594", checked)
	}
}

func TestGraphsEqualGolden(t *testing.T) {
	names := []string{
		"block-conv-k3-t2", "block-dualconv-k3-t1-s2", "block-mbconv-k11-t6", "block-mbconv-k3-d2-t3",
		"block-mbconv-k3-d3-t1-s2", "block-mbconv-k3-t1", "block-mbconv-k3-t3-se-swish", "block-mbconv-k3-t6-g12",
		"block-mbconv-k5-t3-s2", "block-ssc-k5-t2-s2",
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			meta := metadata(t, reference(t, "golden/"+name+".safetensors"))
			op, l, want := golden(t, meta)
			got := op.build(t, l)
			for i, n := range got.Nodes {
				if i >= len(want) || want[i] != line(n.Primitive) {
					t.Errorf("node %d is %s, want one of %v", i, line(n.Primitive), want)
				}
			}
			if len(got.Nodes) != len(want) {
				t.Errorf("%d nodes, want %d", len(got.Nodes), len(want))
			}
		})
	}
}

// metadata reads the case that a golden file describes in its header.
func metadata(t *testing.T, file []byte) map[string]string {
	t.Helper()
	var header struct {
		Meta map[string]string `json:"__metadata__"`
	}
	if err := json.NewDecoder(strings.NewReader(string(file[8:]))).Decode(&header); err != nil {
		t.Fatal(err)
	}
	return header.Meta
}

// golden is the operation, the layer and the primitives of a case.
func golden(t *testing.T, meta map[string]string) (op operation, l sdk.Layer, primitives []string) {
	t.Helper()
	var nodes []map[string]any
	decode(t, meta["op"], &op)
	decode(t, meta["primitives"], &nodes)
	decode(t, meta["cin"], &l.In)
	decode(t, meta["cout"], &l.Out)
	decode(t, meta["stride"], &l.Stride)
	decode(t, meta["height"], &l.Height)
	decode(t, meta["width"], &l.Width)
	decode(t, meta["squeeze_excite"], &l.SqueezeExcite)
	if err := l.Activation.UnmarshalText([]byte(meta["activation"])); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		text, _ := json.Marshal(n)
		primitives = append(primitives, string(text))
	}
	return op, l, primitives
}

func decode(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
}

// line writes a primitive as the golden files do, with sorted keys.
func line(p sdk.Primitive) string {
	m := map[string]any{"op": p.Kind()}
	switch p := p.(type) {
	case sdk.Conv2D:
		m["out"], m["kernel"], m["stride"] = p.Out, p.Kernel, p.Stride
		m["pad"], m["dilation"], m["groups"] = p.Pad, p.Dilation, p.Groups
	case sdk.BatchNorm:
		m["eps"], m["momentum"] = p.Eps, p.Momentum
	case sdk.SqueezeExcite:
		m["reduction"], m["activation"] = p.Reduction, p.Activation
	}
	text, _ := json.Marshal(m)
	return string(text)
}

// A name that is near another is taken for it. Others are answered with all names, in order.
func TestUnknownBuiltinListsNames(t *testing.T) {
	var names []string
	for _, op := range plugins.All() {
		names = append(names, op.Name)
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%v are not in order", names)
	}
	for name, want := range map[string]string{
		"mbcon":     `there is no built-in plugin "mbcon": did you mean "mbconv"?`,
		"exquisite": `there is no built-in plugin "exquisite", only ` + strings.Join(names, ", "),
	} {
		if _, err := plugins.Builtin(name); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// One member of each kind passes the suite that authors use.
func TestConformance(t *testing.T) {
	members := map[string][]sdk.Attrs{
		"conv":     {{"expand": 1}, {"kernel": 5, "expand": 2}},
		"dualconv": {{"expand": 1}, {"kernel": 5, "expand": 2}},
		"mbconv": {{"kernel": 3, "expand": 1}, {"kernel": 11, "expand": 6}, {"kernel": 3, "expand": 3, "dilation": 3},
			{"kernel": 5, "expand": 3, "groups": []int{1, 2}}},
		"ssc":       {{"kernel": 5, "expand": 1}, {"kernel": 7, "expand": 4}},
		"bsconv":    {{"kernel": 3}, {"kernel": 5, "rank": 0.25}},
		"fusedmb":   {{"expand": 1}, {"kernel": 5, "expand": 4}},
		"ghost":     {{"expand": 3}, {"expand": 1, "ratio": 3}},
		"lcnet":     {{"kernel": 3}, {"kernel": 5}},
		"mixconv":   {{"kernels": []int{3, 5, 7}, "expand": 3}},
		"mobileone": {{"branches": 1}, {"branches": 4}},
		"regnet":    {{"group": 8}, {"group": 24}},
		"replk":     {{"kernel": 7}, {"kernel": 31}},
		"sandglass": {{"reduce": 2}, {"reduce": 6}},
		"uib": {{"start": 0, "mid": 0, "expand": 4}, {"start": 0, "mid": 3, "expand": 4},
			{"start": 3, "mid": 0, "expand": 4}, {"start": 5, "mid": 3, "expand": 2}},
	}
	for _, op := range plugins.All() {
		sdktest.Run(t, op, members[op.Name]...)
	}
}
