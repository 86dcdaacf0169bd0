// Package parnet is the block of ParNet: 3×3, 1×1 and a skip-squeeze-excitation in parallel.
//
// A. Goyal et al., Non-deep Networks, 2021, arXiv 2110.07641, Sections 3.1 and 3.2.
package parnet

import (
	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family. At normal layers it is the sum of 3×3 and 1×1, each with batch normalisation, and of the input
// normalised and multiplied by its gate (RepVGG-SSE). Elsewhere it is the downsampling block of ParNet: the sum of 3×3
// with the stride and of 1×1 of the mean of stride×stride pixels, each normalised, times a gate. Both end with an
// activation, the network's in place of SiLU.
//
// A gate is the sigmoid of one full map of the channels' means. The convolutions at normal layers are named as by
// block.Merge. Squeeze-and-excite of the layer adds nothing. There is no shortcut around the block.
func Op() sdk.Op {
	return block.Op("parnet", "ParNet block: 3×3, 1×1 and a gated identity in parallel.", build)
}

// build draws the operation for one layer.
func build(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
	gate := func(x sdk.Tensor) sdk.Tensor { return x.GlobalAvgPool().Linear(l.Out).Activate(sdk.Sigmoid) }
	x := g.Input()
	if l.Normal() {
		skip := x.BatchNorm()
		y := block.Merge(x, "merge", false, block.Window(l.Out, 3, 3, 1, 1, 1), block.Window(l.Out, 1, 1, 1, 1, 1))
		return y.Add(skip.Multiply(gate(skip))).Activate(l.Activation), nil
	}
	pooled := block.AvgPatches(g, x, l).Conv1x1(l.Out, 1).BatchNorm()
	return block.Overlap(l)(x).Add(pooled).Multiply(gate(x)).Activate(l.Activation), nil
}
