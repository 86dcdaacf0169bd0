// Package replk is the block of RepLKNet: a very large depthwise kernel, beside a small one that it can take in after
// training.
//
// X. Ding et al., Scaling Up Your Kernels to 31x31, 2022, arXiv 2203.06717, Section 4.1 and Figure 4.
package replk

import (
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: batch normalisation, 1×1 with normalisation and activation, depthwise kernel×kernel and small×small
// in parallel, each with normalisation, the activation of their sum, 1×1 with normalisation. The width is c_out
// throughout. The activation is the network's in place of ReLU. The branches are named as by block.Merge.
// Squeeze-and-excite, where the layer asks for it, stands before the last 1×1.
//
// The published block has a shortcut, which is the layer's join at normal layers. Elsewhere RepLKNet's transition comes
// first, and the block is added to it: 1×1 to c_out and depthwise 3×3 with the stride, each with normalisation and
// activation. The feed-forward block that follows in RepLKNet is not part of the operation.
func Op() sdk.Op {
	return block.Op("replk", "RepLKNet block: 1×1, large and small depthwise kernels in parallel, 1×1.", build,
		block.Odd("kernel", "k", "side of the large kernel, odd", 31).Needed(),
		block.Odd("small", "s", "side of the small kernel, odd, and less than the large one's", 5))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, small := a.Int("kernel"), a.Int("small")
	if small >= kernel {
		return sdk.Tensor{}, fmt.Errorf("the small kernel %d is not less than the large one, %d", small, kernel)
	}
	transition := func(x sdk.Tensor) sdk.Tensor {
		x = x.Conv1x1(l.Out, 1).BatchNormAct(l.Activation)
		return x.Depthwise(3, l.Stride, 1).BatchNormAct(l.Activation)
	}
	return block.Keep(g.Input(), l, transition, func(x sdk.Tensor) sdk.Tensor {
		x = x.BatchNorm().Conv1x1(l.Out, 1).BatchNormAct(l.Activation)
		x = block.Merge(x, "merge", false, block.Window(l.Out, kernel, kernel, 1, 1, l.Out),
			block.Window(l.Out, small, small, 1, 1, l.Out)).Activate(l.Activation)
		return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNorm()
	}), nil
}
