// Package fusedmb is the fused inverted bottleneck (Fused-MBConv): one full convolution in place of the first 1×1 and
// the depthwise one.
//
// S. Gupta and B. Akin, Accelerator-aware Neural Network Design using AutoML, 2020, arXiv 2003.02838; M. Tan and Q. Le,
// EfficientNetV2: Smaller Models and Faster Training, 2021, arXiv 2104.00298, Figure 2.
package fusedmb

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: kernel×kernel to expand·c_in channels with the layer's stride, 1×1 to c_out. Each is followed by
// batch normalisation, and the first by an activation. Expand 1 is the kernel×kernel convolution alone, with its
// activation, as in EfficientNetV2. The activation is the network's in place of SiLU. Squeeze-and-excite, where the
// layer asks for it, stands before the last convolution. The published block has a shortcut at normal layers.
func Op() sdk.Op {
	return block.Op("fusedmb", "Fused inverted bottleneck: k×k, 1×1.", build,
		block.Odd("kernel", "k", "side of the kernel, odd", 3),
		block.Expand("width between the convolutions in input channels", 4).Needed())
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand := a.Int("kernel"), a.Int("expand")
	if expand == 1 {
		x := block.Gate(g.Input(), l)
		return x.ConvKxK(l.Out, kernel, l.Stride, 1, 1).BatchNormAct(l.Activation), nil
	}
	x := g.Input().ConvKxK(expand*l.In, kernel, l.Stride, 1, 1).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNorm(), nil
}
