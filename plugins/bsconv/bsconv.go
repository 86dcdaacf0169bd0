// Package bsconv is the blueprint separable convolution: a depthwise separable one turned round.
//
// D. Haase and M. Amthor, Rethinking Depthwise Separable Convolutions: How Intra-Kernel Correlations Lead to Improved
// MobileNets, 2020, arXiv 2003.13549, Section 3.
package bsconv

import (
	"fmt"
	"math"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to c_out, depthwise kernel×kernel with the layer's stride, batch normalisation and the
// network's activation (BSConv-U). A rank above 0 does the 1×1 in two, through that part of c_in, rounded up
// (BSConv-S). The regularisation of the paper for these is left out. Squeeze-and-excite, where the layer asks for it,
// stands before the activation. There is no shortcut around the block.
func Op() sdk.Op {
	return block.Op("bsconv", "Blueprint separable convolution: 1×1, or two of a low rank, depthwise k×k.", build,
		block.Odd("kernel", "k", "side of the depthwise kernel, odd", 3).Needed(),
		block.Attr{Attr: sdk.Attr{Name: "rank", Short: "r",
			Doc: "width between two 1×1 as a part of the input channels, or 0 for one 1×1", Default: 0.0}})
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, rank := a.Int("kernel"), a.Float("rank")
	if !(rank >= 0 && rank <= 1) {
		return sdk.Tensor{}, fmt.Errorf("rank %g is not in 0..1", rank)
	}
	x := g.Input()
	if rank > 0 {
		x = x.Conv1x1(int(math.Ceil(rank*float64(l.In))), 1)
	}
	x = x.Conv1x1(l.Out, 1).Depthwise(kernel, l.Stride, 1).BatchNorm()
	return block.Gate(x, l).Activate(l.Activation), nil
}
