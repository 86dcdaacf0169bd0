// Package mbconv is the inverted bottleneck with a depthwise convolution (Figure 6 of the paper).
package mbconv

import (
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to expand·c_in channels, depthwise kernel×kernel with the layer's stride, 1×1 to c_out. Each is
// followed by batch normalisation, and each but the last by an activation. Expand 1 keeps its first 1×1. No convolution
// has a bias. Squeeze-and-excite, where the layer asks for it, stands before the last 1×1 with reduction 4. The kernel
// is odd, expand is 1 to 64, and both groups must divide their channels.
func Op() sdk.Op {
	return block.Op("mbconv", "Inverted bottleneck: 1×1, depthwise k×k, 1×1.", build,
		block.Odd("kernel", "k", "side of the depthwise kernel, odd", 3).Needed(),
		block.Expand("width of the depthwise convolution in input channels", 1).Needed(),
		block.Int("dilation", "d", "spacing of the depthwise kernel's taps", 1, 1, 99),
		block.Attr{Attr: sdk.Attr{Name: "groups", Short: "g",
			Doc: "groups of the first and of the last 1×1 convolution", Default: []int{1, 1}}})
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand, dilation, groups := a.Int("kernel"), a.Int("expand"), a.Int("dilation"), a.Ints("groups")
	if len(groups) != 2 || groups[0] < 1 || groups[1] < 1 {
		return sdk.Tensor{}, fmt.Errorf("groups %v are not two positive numbers", groups)
	}
	x := g.Input().Conv1x1(expand*l.In, groups[0]).BatchNormAct(l.Activation)
	x = x.Depthwise(kernel, l.Stride, dilation).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, groups[1]).BatchNorm(), nil
}
