// Package regnet is the block of RegNetX, and with squeeze-and-excite that of RegNetY: 1×1, a convolution in groups of
// a fixed width, 1×1.
//
// I. Radosavovic et al., Designing Network Design Spaces, 2020, arXiv 2003.13678, Section 3.2 and Figure 4.
package regnet

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to c_out, kernel×kernel with the layer's stride in groups, 1×1 to c_out. Each is followed by
// batch normalisation, and each but the last by the network's activation in place of ReLU. A group has as many channels
// as group says, or the next smaller number that divides c_out.
//
// Squeeze-and-excite, where the layer asks for it, stands before the last 1×1, as in RegNetY, whose hidden width is a
// quarter of c_in. The published block has a shortcut, by 1×1 where the shape changes, and an activation after it. The
// layer's join leaves that activation out.
func Op() sdk.Op {
	return block.Op("regnet", "RegNet block: 1×1, k×k in groups, 1×1.", build,
		block.Odd("kernel", "k", "side of the kernel, odd", 3),
		block.Int("group", "g", "channels of a group at most", 8, 1, 1024).Needed())
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, group := a.Int("kernel"), a.Int("group")
	groups := l.Out / block.Divisor(group, l.Out)
	x := g.Input().Conv1x1(l.Out, 1).BatchNormAct(l.Activation)
	x = x.ConvKxK(l.Out, kernel, l.Stride, 1, groups).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNorm(), nil
}
