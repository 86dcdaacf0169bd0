// Package dualconv is the bottleneck with two full convolutions (Figure 7 of the paper).
package dualconv

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

// Op is 1×1 to expand·c_in channels, a full kernel×kernel convolution, a second one with the layer's stride, 1×1 to
// c_out, each followed by batch normalisation and, but for the last, an activation.
func Op() sdk.Op {
	return sdk.Op{
		Name: "dualconv",
		Doc:  "Bottleneck with two full convolutions: 1×1, k×k, k×k, 1×1.",
		Attrs: []sdk.Attr{
			{Name: "kernel", Short: "k", Doc: "side of both kernels, odd", Default: 3},
			{Name: "expand", Short: "e", Doc: "width of the inner convolutions in input channels", Default: 1,
				Required: true},
		},
		Build: build,
	}
}

// reduction is squeeze-and-excite's.
const reduction = 4

func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand := a.Int("kernel"), a.Int("expand")
	if kernel < 1 || kernel > 99 || kernel%2 == 0 {
		return sdk.Tensor{}, fmt.Errorf("kernel %d is not an odd number in 1..99", kernel)
	}
	if expand < 1 || expand > 64 {
		return sdk.Tensor{}, fmt.Errorf("expand %d is not in 1..64", expand)
	}
	x := g.Input().Conv1x1(expand*l.In, 1).BatchNormAct(l.Activation)
	x = x.ConvKxK(expand*l.In, kernel, 1, 1, 1).BatchNormAct(l.Activation)
	x = x.ConvKxK(expand*l.In, kernel, l.Stride, 1, 1).BatchNormAct(l.Activation)
	if l.SqueezeExcite {
		x = x.SqueezeExcite(reduction, l.Activation)
	}
	return x.Conv1x1(l.Out, 1).BatchNorm(), nil
}
