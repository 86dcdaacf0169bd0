// Package osa is the one-shot aggregation of VoVNetV2: a chain of convolutions whose outputs are all concatenated once,
// with an effective squeeze-and-excite.
//
// Y. Lee and J. Park, CenterMask: Real-Time Anchor-Free Instance Segmentation, 2019, arXiv 1911.06667, Section 3.3 and
// Figure 3.
package osa

import (
	"cmp"

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
	return sdk.Op{
		Name: "osa",
		Doc:  "One-shot aggregation of VoVNetV2: k×k in a row, 1×1 of all outputs, effective squeeze-and-excite.",
		Attrs: []sdk.Attr{
			{Name: "kernel", Short: "k", Doc: "side of the kernels, odd", Default: 3},
			{Name: "convs", Short: "n", Doc: "convolutions in a row", Default: 5},
			{Name: "width", Short: "w", Doc: "width of the convolutions as a part of the output channels",
				Default: 0.5},
		},
		Build: build,
	}
}

// build draws the member for one layer. The attributes are complete; senseless ones are errors.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, convs, width := a.Int("kernel"), a.Int("convs"), a.Float("width")
	if err := cmp.Or(block.Kernel(kernel), block.Within("convs", convs, 1, 16), block.Width(width)); err != nil {
		return sdk.Tensor{}, err
	}
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
