package catalog

import (
	"strings"
	"testing"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/layers"
	"github.com/nse-dev/nse/supernet"
)

// An operation that builds another graph at its second call is refused.
func TestSteady(t *testing.T) {
	for _, moody := range []bool{false, true} {
		calls := map[sdk.Layer]int{}
		op := sdk.Op{Name: "own", Doc: "Own.", Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			kernel := 3
			if calls[l]++; moody && calls[l] > 1 {
				kernel = 5
			}
			return g.Input().ConvKxK(l.Out, kernel, l.Stride, 1, 1), nil
		}}
		text := registry.WithOps(nil, op)
		pool, err := registry.Parse(t.Context(), "own", text, ".", registry.Options{
			InProcess: func(name string) (sdk.Op, bool) { return op, name == "own" }})
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		c := New(supernet.Skeleton{Layers: layers.Small()[:1]}, Pricing{})
		if err := c.add(t.Context(), pool.Ops); err != nil {
			t.Fatal(err)
		}
		err = c.Steady(t.Context(), pool.Ops)
		if moody != (err != nil) || moody && !strings.Contains(err.Error(),
			`operation "own" at layer 0: two equal calls of Build differ`) {
			t.Errorf("moody %v: %v", moody, err)
		}
	}
}

// A normalisation undoes the size of a weight that scales a channel, and keeps its sign. A check next to that step
// would find a right gradient wrong.
func TestGradientErrorOfDepthwiseScales(t *testing.T) {
	g := sdk.NewGraph(sdk.Shape{Height: 5, Width: 6, Channels: 64})
	if err := g.Finish(g.Input().Depthwise(1, 1, 1).BatchNorm(), g.In); err != nil {
		t.Fatal(err)
	}
	if e, err := gradientError("scales", g); err != nil || e > gradientTolerance {
		t.Errorf("off by %g of the largest, %v", e, err)
	}
}
