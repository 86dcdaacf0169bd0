// Package conv is the bottleneck with one full convolution (Figure 7 of the paper).
package conv

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to expand·c_in channels, a full kernel×kernel convolution with the layer's stride, 1×1 to
// c_out. Each is followed by batch normalisation, and each but the last by an activation. No convolution has a bias.
// Squeeze-and-excite, where the layer asks for it, stands before the last 1×1 with reduction 4. The kernel is odd, and
// expand is 1 to 64.
func Op() sdk.Op {
	return block.Op("conv", "Bottleneck with a full convolution: 1×1, k×k, 1×1.", build,
		block.Odd("kernel", "k", "side of the kernel, odd", 3),
		block.Expand("width of the inner convolution in input channels", 1).Needed())
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand := a.Int("kernel"), a.Int("expand")
	x := g.Input().Conv1x1(expand*l.In, 1).BatchNormAct(l.Activation)
	x = x.ConvKxK(expand*l.In, kernel, l.Stride, 1, 1).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNorm(), nil
}
