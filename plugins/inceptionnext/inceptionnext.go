// Package inceptionnext is the block of InceptionNeXt: a large depthwise kernel taken apart into four branches over
// parts of the channels, and two 1×1.
//
// W. Yu et al., InceptionNeXt: When Inception Meets ConvNeXt, 2023, arXiv 2303.16900, Section 3.2, Figure 2 and
// Algorithm 1.
package inceptionnext

import (
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: small×small, 1×band and band×1, each depthwise of an eighth of the channels, while the others pass.
// Then come batch normalisation, 1×1 to expand·c channels, the activation, 1×1 to c, where c is c_out. Both 1×1 have a
// bias. The activation is the network's in place of GELU. The published block also scales its channels (layer scale),
// which the last 1×1 takes in. Squeeze-and-excite, where the layer asks for it, stands before the last 1×1.
//
// The published block has a shortcut, which is the layer's join at normal layers. Elsewhere batch normalisation and a
// stride×stride convolution with a bias come first, as in InceptionNeXt, and the block is added to these. Fewer than 4
// channels cannot be split.
func Op() sdk.Op {
	return block.Op("inceptionnext",
		"InceptionNeXt block: square, flat, upright and no depthwise kernel by channels, 1×1, 1×1.", build,
		block.Odd("band", "b", "length of the flat and the upright kernel, odd", 11),
		block.Odd("small", "s", "side of the square kernel, odd", 3),
		block.Expand("width between the 1×1 convolutions in channels", 4))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	band, small, expand := a.Int("band"), a.Int("small"), a.Int("expand")
	if l.Out < 4 {
		return sdk.Tensor{}, fmt.Errorf("%d channels cannot be split in 4", l.Out)
	}
	down := func(x sdk.Tensor) sdk.Tensor { return x.BatchNorm().Conv(block.Biased(block.Patches(l))) }
	return block.Keep(g.Input(), l, down, func(x sdk.Tensor) sdk.Tensor {
		n := max(1, l.Out/8)
		parts := x.Split(l.Out-3*n, n, n, n)
		for i, side := range [][2]int{{small, small}, {1, band}, {band, 1}} {
			parts[i+1] = parts[i+1].Conv(block.Window(n, side[0], side[1], 1, 1, n))
		}
		x = parts[0].Concat(parts[1:]...).BatchNorm()
		x = x.Conv(block.Biased(block.Window(expand*l.Out, 1, 1, 1, 1, 1))).Activate(l.Activation)
		return block.Gate(x, l).Conv(block.Biased(block.Window(l.Out, 1, 1, 1, 1, 1)))
	}), nil
}
