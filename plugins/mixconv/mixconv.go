// Package mixconv is the inverted bottleneck with depthwise kernels of several sizes, each for a part of the channels.
//
// M. Tan and Q. Le, MixConv: Mixed Depthwise Convolutional Kernels, 2019, arXiv 1907.09595, Section 3 and Figure 2.
package mixconv

import (
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to expand·c_in channels, a depthwise convolution with the layer's stride, 1×1 to c_out. The
// channels between are split evenly over the kernels, and the first part takes what is left over. Each convolution is
// followed by batch normalisation, and each but the last by the network's activation. Squeeze-and-excite, where the
// layer asks for it, stands before the last 1×1. The published block has a shortcut at normal layers.
func Op() sdk.Op {
	return block.Op("mixconv", "Inverted bottleneck with mixed kernels: 1×1, depthwise of several sizes, 1×1.", build,
		block.Odds("kernels", "k", "sides of the depthwise kernels, odd", []int{3, 5, 7}, 2).Needed(),
		block.Expand("width of the depthwise convolution in input channels", 3).Needed())
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernels, expand := a.Ints("kernels"), a.Int("expand")
	sizes, err := split(expand*l.In, kernels)
	if err != nil {
		return sdk.Tensor{}, err
	}
	parts := g.Input().Conv1x1(expand*l.In, 1).BatchNormAct(l.Activation).Split(sizes...)
	for i, kernel := range kernels {
		parts[i] = parts[i].Depthwise(kernel, l.Stride, 1)
	}
	x := parts[0].Concat(parts[1:]...).BatchNormAct(l.Activation)
	return block.Gate(x, l).Conv1x1(l.Out, 1).BatchNorm(), nil
}

// split shares the channels out over the kernels.
func split(channels int, kernels []int) ([]int, error) {
	n := len(kernels)
	if channels < n {
		return nil, fmt.Errorf("%d channels cannot be split over %d kernels", channels, n)
	}
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = channels / n
	}
	sizes[0] += channels % n
	return sizes, nil
}
