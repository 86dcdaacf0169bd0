package block

import "github.com/nse-dev/nse/sdk"

// Attention appends a block of convolutional attention, as VAN and SegNeXt have it: two residual blocks in a row, each
// beginning with batch normalisation, at c_out channels.
//
// The first is the normalised input plus 1×1 and activation, times the gate of these, then 1×1. The second is 1×1 to
// expand·c_out channels, depthwise 3×3, activation, 1×1 to c_out. All convolutions have biases. The activation is the
// network's in place of GELU. Squeeze-and-excite, where the layer asks for it, stands before the last 1×1. The
// published blocks also scale their channels (layer scale), which the normalisations and the 1×1 take in.
//
// The outer shortcut is the layer's join at normal layers. Elsewhere a 3×3 convolution with the stride and
// normalisation comes first, as in both networks, and the block is added to it.
func Attention(x sdk.Tensor, l sdk.Layer, expand int, gate func(sdk.Tensor) sdk.Tensor) sdk.Tensor {
	pointwise := Biased(Window(l.Out, 1, 1, 1, 1, 1))
	attend := func(x sdk.Tensor) sdk.Tensor {
		x = x.BatchNorm()
		y := x.Conv(pointwise).Activate(l.Activation)
		return x.Add(y.Multiply(gate(y)).Conv(pointwise))
	}
	feed := func(x sdk.Tensor) sdk.Tensor {
		x = x.BatchNorm().Conv(Biased(Window(expand*l.Out, 1, 1, 1, 1, 1)))
		x = x.Conv(Biased(Window(expand*l.Out, 3, 3, 1, 1, expand*l.Out))).Activate(l.Activation)
		return Gate(x, l).Conv(pointwise)
	}
	return Keep(x, l, Overlap(l), func(x sdk.Tensor) sdk.Tensor { return Two(x, attend, feed) })
}
