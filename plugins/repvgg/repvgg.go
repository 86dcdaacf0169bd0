// Package repvgg is the block of RepVGG: parallel branches in training, which one 3×3 convolution can stand for after.
//
// X. Ding et al., RepVGG: Making VGG-style ConvNets Great Again, 2021, arXiv 2101.03697, Sections 3.2 and 3.3.
package repvgg

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: the sum of 3×3, 1×1 and, at normal layers, the input, each with batch normalisation, then the
// network's activation in place of ReLU. The branches are named as by block.Merge. Groups are of both convolutions, and
// must divide the channels. Squeeze-and-excite, where the layer asks for it, stands before the activation. The block
// has no shortcut around it.
func Op() sdk.Op {
	return block.Op("repvgg", "RepVGG block: 3×3, 1×1 and identity in parallel, which merge into one 3×3.", build,
		block.Int("groups", "g", "groups of both convolutions", 1, 1, 1024))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	groups := a.Int("groups")
	x := block.Merge(g.Input(), "merge", l.Normal(), block.Window(l.Out, 3, 3, l.Stride, 1, groups),
		block.Window(l.Out, 1, 1, l.Stride, 1, groups))
	return block.Gate(x, l).Activate(l.Activation), nil
}
