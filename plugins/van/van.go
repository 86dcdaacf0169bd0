// Package van is the block of the visual attention network: large kernel attention, and a feed-forward network with a
// depthwise convolution.
//
// M.-H. Guo et al., Visual Attention Network, 2022, arXiv 2202.09741, Section 3.1, Equations 1 and 2, Figure 3.
package van

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: the attention and the network of block.Attention, whose gate is a 21×21 kernel taken apart into
// depthwise 5×5, depthwise 7×7 with dilation 3, and 1×1.
func Op() sdk.Op {
	return block.Op("van", "VAN block: large kernel attention of depthwise kernels, feed-forward network.", build,
		block.Expand("width of the feed-forward network in channels", 4))
}

// build draws the member for one layer. The attributes are complete.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	return block.Attention(g.Input(), l, a.Int("expand"), gate), nil
}

// gate is what the attention multiplies its input with.
func gate(x sdk.Tensor) sdk.Tensor {
	c := x.Shape().Channels
	x = x.Conv(block.Biased(block.Window(c, 5, 5, 1, 1, c)))
	x = x.Conv(block.Biased(block.Window(c, 7, 7, 1, 3, c)))
	return x.Conv(block.Biased(block.Window(c, 1, 1, 1, 1, 1)))
}
