// Package msca is the block of SegNeXt's encoder MSCAN: multi-scale convolutional attention, and a feed-forward network
// with a depthwise convolution.
//
// M.-H. Guo et al., SegNeXt: Rethinking Convolutional Attention Design for Semantic Segmentation, 2022, arXiv
// 2209.08575, Section 3.1, Equations 1 and 2, Figure 2.
package msca

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: the attention and the network of block.Attention. Its gate adds up depthwise 5×5 and, of that, a
// flat and an upright depthwise kernel in a row for each band, and ends with 1×1.
func Op() sdk.Op {
	return block.Op("msca",
		"MSCAN block: attention of depthwise bands of several lengths, feed-forward network.", build,
		block.Odds("bands", "b", "lengths of the flat and upright kernels, odd", []int{7, 11, 21}, 1),
		block.Expand("width of the feed-forward network in channels", 4))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	bands := a.Ints("bands")
	return block.Attention(g.Input(), l, a.Int("expand"), func(x sdk.Tensor) sdk.Tensor {
		c := x.Shape().Channels
		x = x.Conv(block.Biased(block.Window(c, 5, 5, 1, 1, c)))
		var scales []sdk.Tensor
		for _, k := range bands {
			flat := x.Conv(block.Biased(block.Window(c, 1, k, 1, 1, c)))
			scales = append(scales, flat.Conv(block.Biased(block.Window(c, k, 1, 1, 1, c))))
		}
		return x.Add(scales...).Conv(block.Biased(block.Window(c, 1, 1, 1, 1, 1)))
	}), nil
}
