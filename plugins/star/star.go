// Package star is the block of StarNet, which multiplies two linear maps element by element.
//
// X. Ma et al., Rewrite the Stars, 2024, arXiv 2403.19967, Section 4.
package star

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: depthwise kernel×kernel with batch normalisation, two 1×1 to expand·c channels, the activation of
// one times the other, 1×1 to c with batch normalisation, depthwise kernel×kernel, where c is c_out. Convolutions
// without normalisation have a bias. The activation is the network's in place of ReLU6. Squeeze-and-excite, where the
// layer asks for it, stands before the last 1×1.
//
// The published block has a shortcut, which is the layer's join at normal layers. Elsewhere StarNet's 3×3 convolution
// with the stride and batch normalisation comes first, and the block is added to it.
func Op() sdk.Op {
	return block.Op("star", "StarNet block: depthwise k×k, product of two 1×1, 1×1, depthwise k×k.", build,
		block.Odd("kernel", "k", "side of the depthwise kernels, odd", 7),
		block.Expand("width of the product in channels", 4))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand := a.Int("kernel"), a.Int("expand")
	wide := block.Biased(block.Window(expand*l.Out, 1, 1, 1, 1, 1))
	last := block.Biased(block.Window(l.Out, kernel, kernel, 1, 1, l.Out))
	return block.Keep(g.Input(), l, block.Overlap(l), func(x sdk.Tensor) sdk.Tensor {
		x = x.Depthwise(kernel, 1, 1).BatchNorm()
		y := x.Conv(wide).Activate(l.Activation).Multiply(x.Conv(wide))
		return block.Gate(y, l).Conv1x1(l.Out, 1).BatchNorm().Conv(last)
	}), nil
}
