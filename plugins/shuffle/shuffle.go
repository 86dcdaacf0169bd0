// Package shuffle is a unit in the manner of ShuffleNetV2. Half of the channels is transformed, then the halves are
// interleaved.
package shuffle

import (
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family. It splits the channels of a normal layer, transforms one half by 1×1, depthwise kernel×kernel, 1×1,
// and joins and shuffles the halves. Where the layer changes channels or resolution, both halves are made from the
// whole input. A layer with one output channel is impossible. The kernel is odd.
func Op() sdk.Op {
	return block.Op("shuffle", "ShuffleNetV2 unit: split, transform one half, join, shuffle.", build,
		block.Odd("kernel", "k", "side of the depthwise kernel, odd", 3))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel := a.Int("kernel")
	if l.Out < 2 {
		return sdk.Tensor{}, fmt.Errorf("%d channel cannot be split", l.Out)
	}
	half := l.Out / 2
	if l.Normal() {
		parts := g.Input().Split(l.Out-half, half)
		return join(parts[0], transform(parts[1], l, kernel, half)), nil
	}
	return join(project(g.Input(), l, kernel, l.Out-half), transform(g.Input(), l, kernel, half)), nil
}

// transform is the branch with two 1×1 convolutions around a depthwise one.
func transform(x sdk.Tensor, l sdk.Layer, kernel, out int) sdk.Tensor {
	x = x.Conv1x1(out, 1).BatchNormAct(l.Activation)
	x = x.Depthwise(kernel, l.Stride, 1).BatchNorm()
	return block.Gate(x, l).Conv1x1(out, 1).BatchNormAct(l.Activation)
}

// project stands for the untouched half where there is none: a depthwise and a 1×1 convolution.
func project(x sdk.Tensor, l sdk.Layer, kernel, out int) sdk.Tensor {
	return x.Depthwise(kernel, l.Stride, 1).BatchNorm().Conv1x1(out, 1).BatchNormAct(l.Activation)
}

// join concatenates and interleaves the two halves. An odd number of channels cannot be interleaved in two groups:
// the halves change places instead, so that the next unit transforms the other one.
func join(kept, transformed sdk.Tensor) sdk.Tensor {
	if kept.Shape().Channels != transformed.Shape().Channels {
		return transformed.Concat(kept)
	}
	return kept.Concat(transformed).ChannelShuffle(2)
}
