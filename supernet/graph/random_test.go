package graph

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/sdktest"
)

// randomGraph draws a graph in which any value may have any number of readers.
func randomGraph(t *rapid.T) *sdk.Graph {
	g := sdk.NewGraph(sdk.Shape{Height: 3, Width: 2, Channels: 4})
	values, read := []sdk.Tensor{g.Input()}, map[sdk.Tensor]bool{}
	pick := func() sdk.Tensor {
		v := rapid.SampledFrom(values).Draw(t, "value")
		read[v] = true
		return v
	}
	for range rapid.IntRange(0, 12).Draw(t, "nodes") {
		values = append(values, randomNode(t, g, pick))
	}
	var loose []sdk.Tensor
	for _, v := range values[1:] {
		if !read[v] {
			loose = append(loose, v)
		}
	}
	y := values[len(values)-1]
	if len(loose) > 1 {
		y = loose[0].Concat(loose[1:]...)
	}
	if err := g.Finish(y, y.Shape()); err != nil {
		t.Fatal(err)
	}
	return g
}

// randomNode appends a node that keeps the shape, like all others.
func randomNode(t *rapid.T, g *sdk.Graph, pick func() sdk.Tensor) sdk.Tensor {
	x := pick()
	typed := slices.DeleteFunc(sdktest.Fitting(g.In), func(e sdk.Example) bool { return e.Out != g.In })
	kind := rapid.IntRange(0, 13+len(typed)).Draw(t, "kind")
	if kind > 13 {
		e := typed[kind-14]
		in := []sdk.Tensor{x}
		for range e.In[1:] {
			in = append(in, pick())
		}
		return g.Add(e.Primitive, in...)
	}
	switch kind {
	case 0:
		return x.Conv1x1(4, 2)
	case 1:
		return x.Depthwise(3, 1, 1)
	case 2:
		return x.BatchNorm()
	case 3:
		return x.Activate(sdk.ReLU)
	case 4:
		return x.Activate(sdk.Swish)
	case 5:
		return x.SqueezeExcite(2, sdk.HSwish)
	case 6:
		return x.MaxPool(3, 1, 1)
	case 7:
		return x.AvgPool(3, 1, 1)
	case 8:
		return x.Add(pick(), pick())
	case 9:
		return x.Multiply(pick())
	case 10:
		return x.Multiply(pick().GlobalAvgPool())
	case 11:
		parts := x.Split(1, 3)
		return parts[1].Concat(parts[0])
	case 12:
		return x.ChannelShuffle(2).Dropout(0.2)
	}
	return x.DropPath(0.3)
}

// TestRandomGraphs compares blocks with gorgonia's own machine, which shares no memory between values.
func TestRandomGraphs(t *testing.T) {
	s, oracle := newSession(t, 3, Train), newSession(t, 3, Train)
	rapid.Check(t, func(t *rapid.T) {
		g := randomGraph(t)
		b := newBuilder(3)
		b.session = oracle
		x := b.input("x", g.In)
		y, params, err := b.lower("random", g, x)
		if err != nil {
			t.Fatal(err)
		}
		block, err := Compile("random", g)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range params {
			copy(p.Value, noise(p.Size(), uint64(i)))
			copy(block.Params[i].Value, p.Value)
		}
		got := train(s, block)
		want := b.stock(t, x, y, noise(3*block.in.Size(), 1), noise(3*block.out.Size(), 2))
		same(t, "y", got.y, want[0])
		same(t, "dx", got.dx, want[1])
		for i, p := range b.params {
			same(t, p.Name, block.Params[slices.Index(params, p)].Grad, want[i+2])
		}
	})
}

// same compares bits, NaN with NaN included.
func same(t *rapid.T, what string, got, want []float32) {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%s is %v, want %v", what, got, want)
	}
}
