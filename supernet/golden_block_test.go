package supernet

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// goldenBlock checks one operation at one layer: the IR, eval and train forward, every gradient, running statistics.
func goldenBlock(g golden) {
	var op map[string]any
	g.decode("op", &op)
	l := sdk.Layer{In: g.integer("cin"), Out: g.integer("cout"), Stride: g.integer("stride"),
		Height: g.integer("height"), Width: g.integer("width"), Activation: g.activation(),
		SqueezeExcite: g.file.Metadata["squeeze_excite"] == "true"}
	ir, err := g.pool([]map[string]any{op})[0].Graph(context.Background(), l)
	if err != nil {
		g.Fatal(err)
	}
	g.primitives(ir)
	b, err := graph.Compile("block", ir)
	if err != nil {
		g.Fatal(err)
	}
	for _, p := range b.Params {
		p.SetTorch(p.Value, g.tensor("param."+p.Name))
	}
	g.run(b)
}

// run compares a block's passes with the case.
func (g golden) run(b *graph.Block) {
	s := &graph.Session{Pool: kernel.NewPool(2), Arena: new(graph.Arena), Batch: g.integer("batch"), Mode: graph.Eval}
	defer s.Pool.Close()
	x, dy := g.image("x"), g.image("dy")
	y, dx := make([]float32, len(dy)), make([]float32, len(x))

	b.Forward(s, y, x)
	g.near("eval.y", y, g.image("eval.y"))

	s.Mode = graph.Train
	b.Forward(s, y, x)
	g.near("train.y", y, g.image("train.y"))
	b.Backward(s, dx, dy)
	g.near("dx", dx, g.image("dx"))
	for _, p := range b.Params {
		if p.Init.Trained() {
			g.near("grad."+p.Name, p.Torch(p.Grad), g.tensor("grad."+p.Name))
		} else {
			g.near("after."+p.Name, p.Value, g.tensor("after."+p.Name))
		}
	}
}

// primitives compares the IR with the case's list of primitives and their attributes.
func (g golden) primitives(ir *sdk.Graph) {
	var want []map[string]any
	g.decode("primitives", &want)
	if len(ir.Nodes) != len(want) {
		g.Fatalf("%d primitives, want %d", len(ir.Nodes), len(want))
	}
	for i, n := range ir.Nodes {
		if n.Primitive.Kind() != want[i]["op"] {
			g.Fatalf("node %d is %s, want %v", i, n.Primitive.Kind(), want[i]["op"])
		}
		got := attributes(g, n.Primitive)
		for name, v := range want[i] {
			if name != "op" && !reflect.DeepEqual(got[strings.ToLower(name)], v) {
				g.Errorf("node %d (%s): %s is %v, want %v", i, n.Primitive.Kind(), name, got[strings.ToLower(name)], v)
			}
		}
	}
}

// attributes are a primitive's fields as JSON has them, names in lower case.
func attributes(g golden, p sdk.Primitive) map[string]any {
	fields := map[string]any{}
	if _, plain := p.(sdk.Activation); plain {
		return fields
	}
	text, err := json.Marshal(p)
	if err != nil {
		g.Fatal(err)
	}
	var upper map[string]any
	if err := json.Unmarshal(text, &upper); err != nil {
		g.Fatal(err)
	}
	for name, v := range upper {
		fields[strings.ToLower(name)] = v
	}
	return fields
}
