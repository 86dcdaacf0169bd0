// Package mbconv is the inverted bottleneck with a depthwise convolution (Figure 6 of the paper).
package mbconv

import (
	"cmp"
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to expand·c_in channels, depthwise kernel×kernel with the layer's stride, 1×1 to c_out. Each is
// followed by batch normalisation, and each but the last by an activation. Expand 1 keeps its first 1×1. No convolution
// has a bias. Squeeze-and-excite, where the layer asks for it, stands before the last 1×1 with reduction 4. The kernel
// is odd, expand is 1 to 64, and both groups must divide their channels.
func Op() sdk.Op {
	return sdk.Op{
		Name: "mbconv",
		Doc:  "Inverted bottleneck: 1×1, depthwise k×k, 1×1.",
		Attrs: []sdk.Attr{
			{Name: "kernel", Short: "k", Doc: "side of the depthwise kernel, odd", Default: 3, Required: true},
			{Name: "expand", Short: "e", Doc: "width of the depthwise convolution in input channels", Default: 1,
				Required: true},
			{Name: "dilation", Short: "d", Doc: "spacing of the depthwise kernel's taps", Default: 1},
			{Name: "groups", Short: "g", Doc: "groups of the first and of the last 1×1 convolution",
				Default: []int{1, 1}},
		},
		Build: build,
	}
}

// build draws the member for one layer. The attributes are complete; senseless ones are errors.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, expand, dilation, groups := a.Int("kernel"), a.Int("expand"), a.Int("dilation"), a.Ints("groups")
	if err := check(kernel, expand, dilation, groups); err != nil {
		return sdk.Tensor{}, err
	}
	x := g.Input().Conv1x1(expand*l.In, groups[0]).BatchNormAct(l.Activation)
	x = x.Depthwise(kernel, l.Stride, dilation).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, groups[1]).BatchNorm(), nil
}

// check refuses attributes that make no sense at any layer.
func check(kernel, expand, dilation int, groups []int) error {
	err := cmp.Or(block.Kernel(kernel), block.Expand(expand), block.Within("dilation", dilation, 1, 99))
	if err != nil {
		return err
	}
	if len(groups) != 2 || groups[0] < 1 || groups[1] < 1 {
		return fmt.Errorf("groups %v are not two positive numbers", groups)
	}
	return nil
}
