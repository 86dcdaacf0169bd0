// Package acb is the asymmetric convolution block of ACNet: a square kernel beside a flat and an upright one, which it
// can take in after training.
//
// X. Ding et al., ACNet: Strengthening the Kernel Skeletons for Powerful CNN via Asymmetric Convolution Blocks, 2019,
// arXiv 1908.03930, Section 3.2 and Figure 1.
package acb

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: the sum of kernel×kernel, 1×kernel and kernel×1 with the layer's stride, each with batch
// normalisation, then the network's activation. The branches are named as by block.Merge. Squeeze-and-excite, where the
// layer asks for it, stands before the activation. There is no shortcut around the block.
func Op() sdk.Op {
	return block.Op("acb",
		"Asymmetric convolution block of ACNet: k×k, 1×k and k×1 in parallel, which merge into one k×k.", build,
		block.Odd("kernel", "k", "side of the kernels, odd", 3))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel := a.Int("kernel")
	x := block.Merge(g.Input(), "merge", false, block.Window(l.Out, kernel, kernel, l.Stride, 1, 1),
		block.Window(l.Out, 1, kernel, l.Stride, 1, 1), block.Window(l.Out, kernel, 1, l.Stride, 1, 1))
	return block.Gate(x, l).Activate(l.Activation), nil
}
