// Package osa is the one-shot aggregation of VoVNetV2: a chain of convolutions whose outputs are all concatenated once,
// with an effective squeeze-and-excite.
//
// Y. Lee and J. Park, CenterMask: Real-Time Anchor-Free Instance Segmentation, 2019, arXiv 1911.06667, Section 3.3 and
// Figure 3.
package osa

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: convs kernel×kernel convolutions in a row, each to width·c_out channels, 1×1 of the input and all
// their outputs to c_out. Each is followed by batch normalisation and the network's activation. The gate, which is
// always there, multiplies each channel by the sigmoid of one full map of the means of all channels.
//
// At a stride the greatest value of 3×3 is taken first, as between the stages of VoVNet. The published block has a
// shortcut at normal layers.
func Op() sdk.Op {
	return block.Op("osa",
		"One-shot aggregation of VoVNetV2: k×k in a row, 1×1 of all outputs, effective squeeze-and-excite.", build,
		block.Odd("kernel", "k", "side of the kernels, odd", 3),
		block.Int("convs", "n", "convolutions in a row", 5, 1, 16),
		block.Width("width of the convolutions as a part of the output channels", 0.5))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, convs, width := a.Int("kernel"), a.Int("convs"), a.Float("width")
	x := g.Input()
	if l.Stride > 1 {
		x = x.MaxPool(3, l.Stride, 1)
	}
	x = block.Row(x, convs, func(x sdk.Tensor) sdk.Tensor {
		return x.ConvKxK(block.Part(l.Out, width), kernel, 1, 1, 1).BatchNormAct(l.Activation)
	})
	x = x.Conv1x1(l.Out, 1).BatchNormAct(l.Activation)
	return x.Multiply(x.GlobalAvgPool().Linear(l.Out).Activate(sdk.Sigmoid)), nil
}
