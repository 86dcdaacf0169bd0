// Package eesp is the extremely efficient spatial pyramid of ESPNetv2: depthwise convolutions of growing dilation in
// parallel, added up in turn.
//
// S. Mehta et al., ESPNetv2: A Light-weight, Power Efficient, and General Purpose Convolutional Neural Network, CVPR
// 2019, arXiv 1811.11431, Section 3.
package eesp

import (
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to c_out/branches channels, depthwise 3×3 of these with the layer's stride and the dilations 1,
// 2, 3 and so on, 1×1 to c_out. The result of each dilation is added to the next (hierarchical feature fusion), and all
// are concatenated. Batch normalisation follows the 1×1 and the concatenation, and the network's activation in place of
// PReLU all but the last. The 1×1 have as many groups as branches, or the next smaller number that divides their
// channels.
//
// The branches must divide c_out. At a reduction ESPNetv2 concatenates the unit with the averaged input, which is left
// out. Squeeze-and-excite, where the layer asks for it, stands before the last 1×1. The published unit has a shortcut
// at normal layers, and an activation after it, which the layer's join leaves out.
func Op() sdk.Op {
	return block.Op("eesp", "EESP unit of ESPNetv2: 1×1, depthwise 3×3 of growing dilation in parallel, 1×1.", build,
		block.Int("branches", "b", "depthwise convolutions in parallel", 4, 2, 16))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	branches := a.Int("branches")
	if l.Out%branches != 0 {
		return sdk.Tensor{}, fmt.Errorf("%d branches do not divide %d output channels", branches, l.Out)
	}
	inner := l.Out / branches
	x := g.Input().Conv1x1(inner, block.Divisor(branches, l.In, inner)).BatchNormAct(l.Activation)
	parts := make([]sdk.Tensor, branches)
	for i := range parts {
		parts[i] = x.Depthwise(3, l.Stride, i+1)
		if i > 0 {
			parts[i] = parts[i].Add(parts[i-1])
		}
	}
	x = parts[0].Concat(parts[1:]...).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, block.Divisor(branches, l.Out)).BatchNorm(), nil
}
