package sdk_test

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

func ExampleOp_Graph() {
	op := sdk.Op{
		Name:  "fused",
		Doc:   "Fused inverted bottleneck.",
		Attrs: []sdk.Attr{{Name: "expand", Short: "e", Doc: "width in input channels", Default: 4}},
		Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
			x := g.Input().ConvKxK(a.Int("expand")*l.In, 3, l.Stride, 1, 1).BatchNormAct(l.Activation)
			return x.Conv1x1(l.Out, 1).BatchNorm(), nil
		},
	}
	g, err := op.Graph(sdk.Layer{In: 16, Out: 24, Stride: 2, Height: 56, Width: 56}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Count().Params, "parameters,", g.Count().MACs, "multiply-accumulates")
	for _, n := range g.Nodes {
		fmt.Println(n.Name, n.Primitive.Kind(), n.Shape)
	}
	// Output:
	// 10928 parameters, 8429568 multiply-accumulates
	// 0 conv2d 28×28×64
	// 1 batchnorm 28×28×64
	// 2 relu 28×28×64
	// 3 conv2d 28×28×24
	// 4 batchnorm 28×28×24
}
