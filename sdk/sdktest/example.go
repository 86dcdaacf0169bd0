package sdktest

import (
	"slices"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// ExampleGraph is a finished graph whose output is the node of an example. The first input of its largest size is the
// graph's own. Other inputs come from that by average pooling to their size and a 1×1 convolution to their channels.
func ExampleGraph(t testing.TB, e sdk.Example) *sdk.Graph {
	t.Helper()
	in := e.In[0]
	for _, s := range e.In {
		in.Height, in.Width = max(in.Height, s.Height), max(in.Width, s.Width)
	}
	g := sdk.NewGraph(in)
	y := Place(g, g.Input(), e)
	if err := g.Finish(y, e.Out); err != nil {
		t.Fatalf("%s %+v: %v", e.Primitive.Kind(), e.Primitive, err)
	}
	return g
}

// Place appends the node of an example with inputs made of x, whose height and width are at least theirs. The first
// input of the shape of x is x.
func Place(g *sdk.Graph, x sdk.Tensor, e sdk.Example) sdk.Tensor {
	inputs, taken := make([]sdk.Tensor, len(e.In)), false
	for i, s := range e.In {
		if !taken && s == x.Shape() {
			inputs[i], taken = x, true
			continue
		}
		from, one := x.Shape(), [2]int{1, 1}
		pool := sdk.AvgPool{Kernel: [2]int{from.Height - s.Height + 1, from.Width - s.Width + 1}, Stride: one}
		inputs[i] = g.Add(pool, x).Conv1x1(s.Channels, 1)
	}
	return g.Add(e.Primitive, inputs...)
}

// Fitting are the examples whose primitive takes inputs that all have the shape s, with these for inputs.
func Fitting(s sdk.Shape) (list []sdk.Example) {
	for _, k := range sdk.Kinds() {
		for _, e := range k.Zero.Examples() {
			e.In = slices.Repeat([]sdk.Shape{s}, len(e.In))
			var err error
			if e.Out, err = e.Primitive.Infer(e.In); err == nil {
				list = append(list, e)
			}
		}
	}
	return list
}
