// Package convmixer is the layer of ConvMixer: a depthwise convolution with a shortcut of its own, and a 1×1.
//
// A. Trockman and J. Kolter, Patches Are All You Need?, 2022, arXiv 2201.09792, Section 2.
package convmixer

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: x plus depthwise kernel×kernel of x, then 1×1, at c_out channels. Each convolution has a bias and
// is followed by an activation, then batch normalisation. The activation is the network's in place of GELU.
// Squeeze-and-excite, where the layer asks for it, stands before the 1×1. There is no shortcut around the block.
//
// ConvMixer keeps its shape throughout. At other than normal layers its patch embedding comes first: a stride×stride
// convolution to c_out with a bias, the activation and batch normalisation.
func Op() sdk.Op {
	return block.Op("convmixer", "ConvMixer layer: depthwise k×k beside the identity, 1×1.", build,
		block.Odd("kernel", "k", "side of the depthwise kernel, odd", 9))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel := a.Int("kernel")
	step := func(x sdk.Tensor, c sdk.Conv2D) sdk.Tensor {
		return x.Conv(block.Biased(c)).Activate(l.Activation).BatchNorm()
	}
	x := g.Input()
	if !l.Normal() {
		x = step(x, block.Patches(l))
	}
	x = x.Add(step(x, block.Window(l.Out, kernel, kernel, 1, 1, l.Out)))
	return step(block.Gate(x, l), block.Window(l.Out, 1, 1, 1, 1, 1)), nil
}
