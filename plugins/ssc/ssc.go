// Package ssc is the spatially separable convolution (Figure 6 of the paper).
package ssc

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to expand·c_in channels, 1×kernel with the stride on the width, kernel×1 with the stride on the
// height, 1×1 to c_out. All are full convolutions without bias. Each is followed by batch normalisation, and each but
// the last by an activation. Squeeze-and-excite, where the layer asks for it, stands before the last 1×1 with reduction
// 4. The kernel is odd, and expand is 1 to 64.
func Op() sdk.Op {
	return block.Op("ssc", "Spatially separable convolution: 1×1, 1×k, k×1, 1×1.", build,
		block.Odd("kernel", "k", "length of the two kernels, odd", 5).Needed(),
		block.Expand("width of the inner convolutions in input channels", 1).Needed())
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand := a.Int("kernel"), a.Int("expand")
	inner, pad := expand*l.In, sdk.Same(kernel, 1)
	x := g.Input().Conv1x1(inner, 1).BatchNormAct(l.Activation)
	across := sdk.Conv2D{Out: inner, Kernel: [2]int{1, kernel}, Stride: [2]int{1, l.Stride}, Pad: [2]int{0, pad}}
	down := sdk.Conv2D{Out: inner, Kernel: [2]int{kernel, 1}, Stride: [2]int{l.Stride, 1}, Pad: [2]int{pad, 0}}
	x = x.Conv(across).BatchNormAct(l.Activation)
	x = x.Conv(down).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNorm(), nil
}
