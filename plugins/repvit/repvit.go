// Package repvit is the block of RepViT: a depthwise token mixer whose branches one convolution can stand for after
// training, and a channel mixer of two 1×1.
//
// A. Wang et al., RepViT: Revisiting Mobile CNN From ViT Perspective, 2023, arXiv 2307.09283, Section 3.
package repvit

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family. At normal layers the token mixer is the sum of depthwise kernel×kernel with batch normalisation,
// depthwise 1×1 and the input, normalised. Elsewhere it is depthwise kernel×kernel with the stride and 1×1 to c_out,
// each with normalisation. The channel mixer is added to the token mixer's output: 1×1 to expand·c_out channels,
// activation, 1×1 to c_out, each with normalisation.
//
// The activation is the network's in place of GELU. Squeeze-and-excite, where the layer asks for it, stands after the
// depthwise convolutions: in RepViT every second block has it. There is no shortcut around the block.
func Op() sdk.Op {
	return block.Op("repvit", "RepViT block: depthwise k×k beside 1×1 and identity, which merge; 1×1, 1×1.", build,
		block.Odd("kernel", "k", "side of the depthwise kernel, odd", 3),
		block.Expand("width between the last 1×1 convolutions in output channels", 2))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand := a.Int("kernel"), a.Int("expand")
	x := mixTokens(g.Input(), l, kernel)
	y := x.Conv1x1(expand*l.Out, 1).BatchNormAct(l.Activation)
	return x.Add(y.Conv1x1(l.Out, 1).BatchNorm()), nil
}

// mixTokens is the token mixer. Its branches at normal layers are named as by block.Merge, but the depthwise 1×1 and
// the identity are normalised after the sum alone.
func mixTokens(x sdk.Tensor, l sdk.Layer, kernel int) sdk.Tensor {
	if !l.Normal() {
		x = block.Gate(x.Depthwise(kernel, l.Stride, 1).BatchNorm(), l)
		return x.Conv1x1(l.Out, 1).BatchNorm()
	}
	y := x.Depthwise(kernel, 1, 1).Named("merge.0.conv").BatchNorm().Named("merge.0.norm")
	y = y.Add(x.Depthwise(1, 1, 1).Named("merge.1.conv"), x).Named("merge.sum")
	return block.Gate(y.BatchNorm().Named("merge.norm"), l)
}
