// Package uib is the universal inverted bottleneck of MobileNetV4, with its two optional depthwise convolutions.
//
// D. Qin et al., MobileNetV4: Universal Models for the Mobile Ecosystem, 2024, arXiv 2404.10518, Section 3.
package uib

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: depthwise start×start, 1×1 to expand·c_in channels, depthwise mid×mid, 1×1 to c_out. Each is
// followed by batch normalisation. An activation, the network's, follows the first 1×1 and the middle depthwise
// convolution. Kernel 0 leaves a depthwise convolution out. The four forms are thus Extra Depthwise (both), Inverted
// Bottleneck (mid alone), ConvNext-like (start alone) and Feed Forward Network (none).
//
// The stride is that of mid, or of start if there is no mid. MobileNetV4 has no strided network of the last form: here
// the mean of stride×stride pixels is taken first. Squeeze-and-excite, where the layer asks for it, stands before the
// last 1×1. The published block has a shortcut at normal layers.
func Op() sdk.Op {
	return block.Op("uib", "Universal inverted bottleneck: depthwise or not, 1×1, depthwise or not, 1×1.", build,
		block.OddOrNone("start", "s", "side of the first depthwise kernel, odd, or 0 for none", 3).Needed(),
		block.OddOrNone("mid", "m", "side of the middle depthwise kernel, odd, or 0 for none", 3).Needed(),
		block.Expand("width between the 1×1 convolutions in input channels", 4).Needed())
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	start, mid, expand := a.Int("start"), a.Int("mid"), a.Int("expand")
	x, first := g.Input(), l.Stride
	switch {
	case start == 0 && mid == 0:
		x = block.AvgPatches(g, x, l)
	case mid > 0:
		first = 1
	}
	if start > 0 {
		x = x.Depthwise(start, first, 1).BatchNorm()
	}
	x = x.Conv1x1(expand*l.In, 1).BatchNormAct(l.Activation)
	if mid > 0 {
		x = x.Depthwise(mid, l.Stride, 1).BatchNormAct(l.Activation)
	}
	return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNorm(), nil
}
