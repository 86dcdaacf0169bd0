// Package pconv is the block of FasterNet: a partial convolution, which leaves most channels as they are, and two 1×1.
//
// J. Chen et al., Run, Don't Walk: Chasing Higher FLOPS for Faster Neural Networks, 2023, arXiv 2303.03667, Sections
// 3.2 and 3.3, Figures 3 and 4.
package pconv

import (
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: kernel×kernel of the first c/parts channels, rounded down, 1×1 to expand·c channels with batch
// normalisation and activation, 1×1 to c without normalisation, where c is c_out. The activation is the network's:
// FasterNet has GELU or ReLU. Squeeze-and-excite, where the layer asks for it, stands before the last 1×1.
//
// The published block has a shortcut, which is the layer's join at normal layers. Elsewhere the merging layer of
// FasterNet comes first, and the block is added to it. That is a stride×stride convolution with batch normalisation.
func Op() sdk.Op {
	return block.Op("pconv", "FasterNet block: k×k of a part of the channels, 1×1, 1×1.", build,
		block.Odd("kernel", "k", "side of the partial kernel, odd", 3),
		block.Expand("width between the 1×1 convolutions in channels", 2),
		block.Int("parts", "p", "one of so many parts of the channels is convolved", 4, 2, 64))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand, parts := a.Int("kernel"), a.Int("expand"), a.Int("parts")
	part := l.Out / parts
	if part < 1 {
		return sdk.Tensor{}, fmt.Errorf("%d channels have no %d parts", l.Out, parts)
	}
	merging := func(x sdk.Tensor) sdk.Tensor { return x.Conv(block.Patches(l)).BatchNorm() }
	return block.Keep(g.Input(), l, merging, func(x sdk.Tensor) sdk.Tensor {
		ends := x.Split(part, l.Out-part)
		y := ends[0].ConvKxK(part, kernel, 1, 1, 1).Concat(ends[1])
		y = y.Conv1x1(expand*l.Out, 1).BatchNormAct(l.Activation)
		return block.Gate(y, l).Conv1x1(l.Out, 1)
	}), nil
}
