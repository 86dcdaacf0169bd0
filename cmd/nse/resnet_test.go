package main

import "github.com/nse-dev/nse/sdk"

// basicBlock is the block of ResNet-18 (He et al. 2016, Figure 5 left): two 3×3 convolutions and a shortcut, which is a
// 1×1 convolution where channels or resolution change.
func basicBlock() sdk.Op {
	return sdk.Op{Name: "basic",
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			x := g.Input()
			y := x.ConvKxK(l.Out, 3, l.Stride, 1, 1).BatchNormAct(l.Activation).ConvKxK(l.Out, 3, 1, 1, 1).BatchNorm()
			if !l.Normal() {
				x = x.ConvKxK(l.Out, 1, l.Stride, 1, 1).BatchNorm()
			}
			return y.Add(x).Activate(l.Activation), nil
		}}
}
