// Package hg is the block of PP-HGNetV2 with light convolutions, which concatenates the outputs of a row of them.
//
// Y. Zhao et al., DETRs Beat YOLOs on Real-time Object Detection, 2023, arXiv 2304.08069, whose backbone it is; defined
// by the class HG_Block of PaddleClas.
package hg

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: light convolutions in a row, as many as convs says, each 1×1 to width·c_out channels and depthwise
// kernel×kernel. Then come 1×1 of the input and all their outputs to half of c_out, and 1×1 to c_out. Each convolution
// is followed by batch normalisation, and by the network's activation in place of ReLU, except the 1×1 of the light
// ones.
//
// At a stride PP-HGNetV2's downsampling comes first, a depthwise 3×3 with normalisation. Squeeze-and-excite, where the
// layer asks for it, stands before the last 1×1. The published block has a shortcut at normal layers but the first of a
// stage.
func Op() sdk.Op {
	return block.Op("hg", "PP-HGNetV2 light block: 1×1 and depthwise k×k in a row, 1×1 of all outputs, 1×1.", build,
		block.Odd("kernel", "k", "side of the depthwise kernels, odd", 5),
		block.Int("convs", "n", "light convolutions in a row", 6, 1, 16),
		block.Width("width of the light convolutions as a part of the output channels", 0.1875))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, convs, width := a.Int("kernel"), a.Int("convs"), a.Float("width")
	x := g.Input()
	if l.Stride > 1 {
		x = x.Depthwise(3, l.Stride, 1).BatchNorm()
	}
	x = block.Row(x, convs, func(x sdk.Tensor) sdk.Tensor {
		x = x.Conv1x1(block.Part(l.Out, width), 1).BatchNorm()
		return x.Depthwise(kernel, 1, 1).BatchNormAct(l.Activation)
	})
	x = x.Conv1x1(max(1, l.Out/2), 1).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNormAct(l.Activation), nil
}
