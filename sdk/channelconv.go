package sdk

import "fmt"

// ChannelConv is a convolution along the channels of a 1×1 activation, one kernel for all of them, as in ECA-Net (Wang
// et al. 2020): y[c] = Σ x[c + j − (Kernel−1)/2]·weight[0, 0, j]. The padding is zero, and there is no bias.
type ChannelConv struct {
	Kernel int // odd, from 1 to 1023
}

// ChannelConv appends a convolution along the channels with an odd kernel. The input must be 1×1: pool it first.
func (t Tensor) ChannelConv(kernel int) Tensor { return t.g.Add(ChannelConv{kernel}, t) }

// Kind is "channel_conv".
func (ChannelConv) Kind() string { return "channel_conv" }

// Infer keeps the shape. It refuses an input that is not 1×1.
func (k ChannelConv) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && (x.Height != 1 || x.Width != 1) {
		err = fmt.Errorf("input %v is not 1×1: pool it first", x)
	}
	if err == nil && (k.Kernel < 1 || k.Kernel > 1023 || k.Kernel%2 == 0) {
		err = fmt.Errorf("kernel %d is not odd and in 1..1023", k.Kernel)
	}
	return x, err
}

// Params returns the weight, as that of PyTorch's Conv1d.
func (k ChannelConv) Params([]Shape) []Param {
	return []Param{{"weight", []int{1, 1, k.Kernel}, Kaiming}}
}

// MACs counts every tap of every channel, those on padding included.
func (k ChannelConv) MACs(in []Shape) int64 { return int64(in[0].Channels) * int64(k.Kernel) }

// Examples have kernels of one and several taps, fewer and more than the channels.
func (ChannelConv) Examples() []Example {
	vector := func(c int) Shape { return Shape{1, 1, c} }
	return []Example{
		{ChannelConv{3}, []Shape{vector(7)}, vector(7), Count{Params: 3, MACs: 21}},
		{ChannelConv{9}, []Shape{vector(4)}, vector(4), Count{Params: 9, MACs: 36}},
		{ChannelConv{1}, []Shape{vector(5)}, vector(5), Count{Params: 1, MACs: 5}},
	}
}
