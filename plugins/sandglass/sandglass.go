// Package sandglass is the block of MobileNeXt, an inverted bottleneck turned round: its depthwise convolutions stand
// at the wide ends.
//
// D. Zhou et al., Rethinking Bottleneck Structure for Efficient Mobile Network Design, 2020, arXiv 2007.02269, Section
// 3.2 and Table 1.
package sandglass

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: depthwise kernel×kernel, 1×1 to c_in/reduce channels, 1×1 to c_out, depthwise kernel×kernel with
// the layer's stride. Each is followed by batch normalisation. The network's activation, in place of ReLU6, follows the
// first and the third. There are at least c_out/6 channels between, rounded up, as in the reference implementation,
// which also rounds them to multiples of 16.
//
// Squeeze-and-excite, where the layer asks for it, stands before the last convolution. The published block has a
// shortcut at normal layers.
func Op() sdk.Op {
	return block.Op("sandglass", "Sandglass block: depthwise k×k, 1×1, 1×1, depthwise k×k.", build,
		block.Odd("kernel", "k", "side of the depthwise kernels, odd", 3),
		block.Int("reduce", "r", "input channels by those between the 1×1 convolutions", 6, 1, 64).Needed())
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, reduce := a.Int("kernel"), a.Int("reduce")
	x := g.Input().Depthwise(kernel, 1, 1).BatchNormAct(l.Activation)
	x = x.Conv1x1(max(l.In/reduce, (l.Out+5)/6), 1).BatchNorm()
	x = x.Conv1x1(l.Out, 1).BatchNormAct(l.Activation)
	return block.Gate(x, l).Depthwise(kernel, l.Stride, 1).BatchNorm(), nil
}
