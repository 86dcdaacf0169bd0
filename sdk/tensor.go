package sdk

import "fmt"

// Conv appends a convolution without bias, unless c.Bias asks for one. A zero Stride or Dilation means 1, and zero
// Groups mean 1. Pad it with Same to keep the size at stride 1.
func (t Tensor) Conv(c Conv2D) Tensor {
	one := [2]int{1, 1}
	if c.Stride == [2]int{} {
		c.Stride = one
	}
	if c.Dilation == [2]int{} {
		c.Dilation = one
	}
	if c.Groups == 0 {
		c.Groups = 1
	}
	return t.g.Add(c, t)
}

// Conv1x1 appends a pointwise convolution to out channels in groups.
func (t Tensor) Conv1x1(out, groups int) Tensor {
	return t.Conv(Conv2D{Out: out, Kernel: [2]int{1, 1}, Groups: groups})
}

// ConvKxK appends a square convolution to out channels, padded by Same(kernel, dilation). The output's size is the
// input's divided by stride, rounded up. The kernel must be odd.
func (t Tensor) ConvKxK(out, kernel, stride, dilation, groups int) Tensor {
	p := Same(kernel, dilation)
	return t.Conv(Conv2D{Out: out, Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride},
		Pad: [2]int{p, p}, Dilation: [2]int{dilation, dilation}, Groups: groups})
}

// Depthwise appends a square convolution of each channel by itself, padded as by ConvKxK. The kernel must be odd.
func (t Tensor) Depthwise(kernel, stride, dilation int) Tensor {
	c := t.Shape().Channels
	return t.ConvKxK(c, kernel, stride, dilation, c)
}

// Same is the padding that keeps the size of an odd kernel at stride 1. An even kernel cannot keep it.
func Same(kernel, dilation int) int { return dilation * (kernel - 1) / 2 }

// Linear appends a fully connected map with bias. The input must be 1×1: pool it first.
func (t Tensor) Linear(out int) Tensor { return t.g.Add(Linear{out}, t) }

// BatchNorm appends batch normalisation with the field's usual constants (eps 1e-5, momentum 0.1).
func (t Tensor) BatchNorm() Tensor { return t.g.Add(BatchNorm{Eps: 1e-5, Momentum: 0.1}, t) }

// Activate appends an activation.
func (t Tensor) Activate(a Activation) Tensor { return t.g.Add(a, t) }

// BatchNormAct appends batch normalisation and an activation.
func (t Tensor) BatchNormAct(a Activation) Tensor { return t.BatchNorm().Activate(a) }

// SqueezeExcite appends a squeeze-and-excite gate with ⌊channels/reduction⌋ hidden channels and activation a.
func (t Tensor) SqueezeExcite(reduction int, a Activation) Tensor {
	return t.g.Add(SqueezeExcite{reduction, a}, t)
}

// MaxPool appends max pooling with a square window. pad is at most half the kernel.
func (t Tensor) MaxPool(kernel, stride, pad int) Tensor {
	return t.g.Add(MaxPool{Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Pad: [2]int{pad, pad}}, t)
}

// AvgPool appends average pooling with a square window. pad is at most half the kernel, and is not counted.
func (t Tensor) AvgPool(kernel, stride, pad int) Tensor {
	return t.g.Add(AvgPool{Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Pad: [2]int{pad, pad}}, t)
}

// GlobalAvgPool appends the mean over the image.
func (t Tensor) GlobalAvgPool() Tensor { return t.g.Add(GlobalAvgPool{}, t) }

// Add appends the sum with other tensors of the same shape. At least one other is needed.
func (t Tensor) Add(others ...Tensor) Tensor {
	return t.g.Add(Add{}, append([]Tensor{t}, others...)...)
}

// Multiply appends the product with a tensor of the same shape, or with a 1×1 gate of as many channels.
func (t Tensor) Multiply(gate Tensor) Tensor { return t.g.Add(Multiply{}, t, gate) }

// Concat appends the other tensors' channels behind those of t. All have one height and width.
func (t Tensor) Concat(others ...Tensor) Tensor {
	return t.g.Add(Concat{}, append([]Tensor{t}, others...)...)
}

// Split cuts the channels into consecutive parts of the given sizes, which must add up to all of them.
func (t Tensor) Split(sizes ...int) []Tensor {
	parts := make([]Tensor, len(sizes))
	from := 0
	for i, n := range sizes {
		parts[i] = t.g.Add(Slice{From: from, Channels: n}, t)
		from += n
	}
	if c := t.Shape().Channels; t.g.err == nil && from != c {
		t.g.err = fmt.Errorf("split of %d channels into %v", c, sizes)
	}
	return parts
}

// ChannelShuffle interleaves groups of channels. The groups must divide the channels.
func (t Tensor) ChannelShuffle(groups int) Tensor { return t.g.Add(ChannelShuffle{Groups: groups}, t) }

// Dropout appends dropout of elements.
func (t Tensor) Dropout(rate float32) Tensor { return t.g.Add(Dropout{Rate: rate}, t) }

// DropPath appends dropout of whole images (stochastic depth).
func (t Tensor) DropPath(rate float32) Tensor { return t.g.Add(DropPath{Rate: rate}, t) }
