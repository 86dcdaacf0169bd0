// Package mobileone is the block of MobileOne: a depthwise and a 1×1 convolution, each with parallel branches in
// training that one convolution can stand for after.
//
// P. Vasu et al., MobileOne: An Improved One millisecond Mobile Backbone, 2022, arXiv 2206.04040, Section 3.2.
package mobileone

import (
	"slices"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: a depthwise part with the layer's stride and a 1×1 part to c_out, each the sum of branches with
// batch normalisation and then the network's activation in place of ReLU. The depthwise part has kernel×kernel
// convolutions, as many as branches says, one of 1×1, and its input if the stride is 1. The other part has as many 1×1
// convolutions, and its input at normal layers.
//
// The branches are named as by block.Merge, after depthwise and pointwise. Squeeze-and-excite, where the layer asks for
// it, stands before each activation. The block has no shortcut around it.
func Op() sdk.Op {
	return block.Op("mobileone",
		"MobileOne block: depthwise k×k and 1×1, each of parallel branches that merge.", build,
		block.Odd("kernel", "k", "side of the depthwise kernels, odd", 3),
		block.Int("branches", "b", "convolutions in parallel that are alike", 1, 1, 16).Needed())
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, branches := a.Int("kernel"), a.Int("branches")
	depthwise := slices.Repeat([]sdk.Conv2D{block.Window(l.In, kernel, kernel, l.Stride, 1, l.In)}, branches)
	if kernel > 1 {
		depthwise = append(depthwise, block.Window(l.In, 1, 1, l.Stride, 1, l.In))
	}
	pointwise := slices.Repeat([]sdk.Conv2D{block.Window(l.Out, 1, 1, 1, 1, 1)}, branches)
	x := block.Merge(g.Input(), "depthwise", l.Stride == 1, depthwise...)
	x = block.Gate(x, l).Activate(l.Activation)
	x = block.Merge(x, "pointwise", l.Normal(), pointwise...)
	return block.Gate(x, l).Activate(l.Activation), nil
}
