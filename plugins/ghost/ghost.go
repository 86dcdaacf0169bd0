// Package ghost is the bottleneck of GhostNet, whose 1×1 convolutions make a part of their output by cheap depthwise
// convolutions of the rest.
//
// K. Han et al., GhostNet: More Features from Cheap Operations, 2020, arXiv 1911.11907, Sections 3.1 and 3.2, Figure 3.
package ghost

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: a Ghost module to expand·c_in channels with the activation, depthwise kernel×kernel with batch
// normalisation where the stride is above 1, a Ghost module without activation to c_out. A module convolves by
// primary×primary to 1/ratio of its channels, rounded up. The others are depthwise cheap×cheap convolutions of these.
// Both parts have batch normalisation.
//
// The activation is the network's in place of ReLU. Squeeze-and-excite, where the layer asks for it, stands before the
// second module. The published block has a shortcut around it everywhere, at a reduction by depthwise and 1×1.
func Op() sdk.Op {
	return block.Op("ghost",
		"Ghost bottleneck: 1×1 and cheap depthwise, depthwise k×k at strides, 1×1 and cheap depthwise.", build,
		block.Odd("kernel", "k", "side of the depthwise kernel at strides, odd", 3),
		block.Expand("width between the modules in input channels", 3).Needed(),
		block.Int("ratio", "r", "output channels of a module by those of its full convolution", 2, 2, 64),
		block.Odd("primary", "p", "side of the full kernel of a module, odd", 1),
		block.Odd("cheap", "c", "side of the depthwise kernel of a module, odd", 3))
}

// module is a Ghost module.
type module struct{ ratio, primary, cheap int }

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand := a.Int("kernel"), a.Int("expand")
	m := module{a.Int("ratio"), a.Int("primary"), a.Int("cheap")}
	x := m.append(g, g.Input(), expand*l.In, func(t sdk.Tensor) sdk.Tensor { return t.BatchNormAct(l.Activation) })
	if l.Stride > 1 {
		x = x.Depthwise(kernel, l.Stride, 1).BatchNorm()
	}
	return m.append(g, block.Gate(x, l), l.Out, sdk.Tensor.BatchNorm), nil
}

// append adds a module to out channels. What its parts have too many of is cut off.
func (m module) append(g *sdk.Graph, x sdk.Tensor, out int, norm func(sdk.Tensor) sdk.Tensor) sdk.Tensor {
	full := (out + m.ratio - 1) / m.ratio
	x = norm(x.ConvKxK(full, m.primary, 1, 1, 1))
	y := x.Concat(norm(x.ConvKxK(full*(m.ratio-1), m.cheap, 1, 1, full)))
	if full*m.ratio > out {
		y = g.Add(sdk.Slice{Channels: out}, y)
	}
	return y
}
