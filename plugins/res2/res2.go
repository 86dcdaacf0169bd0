// Package res2 is the bottleneck of Res2Net, whose inner channels pass through a chain of small convolutions.
//
// S.-H. Gao et al., Res2Net: A New Multi-scale Backbone Architecture, 2019, arXiv 1904.01169, Section 3.1 and Figure 2.
package res2

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to scale parts, convolutions of the parts by kernel×kernel, 1×1 to c_out. Each is followed by
// batch normalisation, and each but the last by the network's activation. A part has ⌊c_out/4·width/64⌋ channels, so
// that the defaults are Res2Net-50 26w4s. One part passes as it is. Each of the others is convolved after the result of
// the one before has been added to it.
//
// At other than normal layers the convolutions have the stride and add nothing up, and the part that passes is averaged
// over 3×3 with the stride, as in the reference implementation. Squeeze-and-excite, where the layer asks for it, stands
// before the last 1×1. The published block has a shortcut, and an activation after it, which the layer's join leaves
// out.
func Op() sdk.Op {
	return block.Op("res2", "Res2Net bottleneck: 1×1, chain of k×k over parts of the channels, 1×1.", build,
		block.Odd("kernel", "k", "side of the kernels, odd", 3),
		block.Int("width", "w", "channels of a part for 256 output channels", 26, 1, 1024),
		block.Int("scale", "s", "number of parts", 4, 2, 16))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, width, scale := a.Int("kernel"), a.Int("width"), a.Int("scale")
	part := max(1, l.Out*width/256)
	sizes := make([]int, scale)
	for i := range sizes {
		sizes[i] = part
	}
	parts := g.Input().Conv1x1(scale*part, 1).BatchNormAct(l.Activation).Split(sizes...)
	last := scale - 1
	for i := range last {
		if i > 0 && l.Normal() {
			parts[i] = parts[i].Add(parts[i-1])
		}
		parts[i] = parts[i].ConvKxK(part, kernel, l.Stride, 1, 1).BatchNormAct(l.Activation)
	}
	if !l.Normal() {
		parts[last] = parts[last].AvgPool(3, l.Stride, 1)
	}
	x := parts[0].Concat(parts[1:]...)
	return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNorm(), nil
}
