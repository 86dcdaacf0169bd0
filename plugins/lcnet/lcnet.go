// Package lcnet is the block of PP-LCNet: a depthwise separable convolution with an activation after both parts.
//
// C. Cui et al., PP-LCNet: A Lightweight CPU Convolutional Neural Network, 2021, arXiv 2109.15099, Section 3, Figure 2.
package lcnet

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: depthwise kernel×kernel with the layer's stride, 1×1 to c_out, each followed by batch normalisation
// and an activation. The activation is the network's in place of H-Swish. Squeeze-and-excite, where the layer asks for
// it, stands between: PP-LCNet has it in its last blocks, with a hard sigmoid. There is no shortcut around the block.
func Op() sdk.Op {
	return block.Op("lcnet", "PP-LCNet block: depthwise k×k, 1×1, both with an activation.", build,
		block.Odd("kernel", "k", "side of the depthwise kernel, odd", 3).Needed())
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel := a.Int("kernel")
	x := g.Input().Depthwise(kernel, l.Stride, 1).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNormAct(l.Activation), nil
}
