// Package msca is the block of SegNeXt's encoder MSCAN: multi-scale convolutional attention, and a feed-forward network
// with a depthwise convolution.
//
// M.-H. Guo et al., SegNeXt: Rethinking Convolutional Attention Design for Semantic Segmentation, 2022, arXiv
// 2209.08575, Section 3.1, Equations 1 and 2, Figure 2.
package msca

import (
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: the attention and the network of block.Attention. Its gate adds up depthwise 5×5 and, of that, a
// flat and an upright depthwise kernel in a row for each band, and ends with 1×1.
func Op() sdk.Op {
	return sdk.Op{
		Name: "msca",
		Doc:  "MSCAN block: attention of depthwise bands of several lengths, feed-forward network.",
		Attrs: []sdk.Attr{
			{Name: "bands", Short: "b", Doc: "lengths of the flat and upright kernels, odd", Default: []int{7, 11, 21}},
			{Name: "expand", Short: "e", Doc: "width of the feed-forward network in channels", Default: 4},
		},
		Build: build,
	}
}

// build draws the member for one layer. The attributes are complete; senseless ones are errors.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	bands := a.Ints("bands")
	if len(bands) == 0 {
		return sdk.Tensor{}, fmt.Errorf("bands %v are none", bands)
	}
	for _, k := range bands {
		if err := block.Kernel(k); err != nil {
			return sdk.Tensor{}, err
		}
	}
	return block.Attention(g.Input(), l, a.Int("expand"), func(x sdk.Tensor) sdk.Tensor {
		c := x.Shape().Channels
		x = x.Conv(block.Biased(block.Window(c, 5, 5, 1, 1, c)))
		var scales []sdk.Tensor
		for _, k := range bands {
			flat := x.Conv(block.Biased(block.Window(c, 1, k, 1, 1, c)))
			scales = append(scales, flat.Conv(block.Biased(block.Window(c, k, 1, 1, 1, c))))
		}
		return x.Add(scales...).Conv(block.Biased(block.Window(c, 1, 1, 1, 1, 1)))
	})
}
