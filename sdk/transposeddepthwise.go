package sdk

import "fmt"

// TransposedDepthwise is a transposed convolution of each channel by itself, which enlarges an image: every x[h, w, c]
// adds x·weight[c, 0, i, j] to y[h·Stride + i − Pad, w·Stride + j − Pad, c]. There is no bias.
type TransposedDepthwise struct {
	Kernel    int // height and width, from 1 to 1024
	Stride    int // from 1 to 8
	Pad       int // rows and columns cut off all around, below Kernel
	OutputPad int // rows and columns more at the bottom and on the right, below Stride
}

// TransposedDepthwise appends a depthwise transposed convolution that doubles height and width. Kernels are 2 or more.
func (t Tensor) TransposedDepthwise(kernel int) Tensor {
	return t.g.Add(TransposedDepthwise{kernel, 2, (kernel - 1) / 2, kernel % 2}, t)
}

// Kind is "transposed_depthwise".
func (TransposedDepthwise) Kind() string { return "transposed_depthwise" }

// Infer returns (H − 1)·Stride − 2·Pad + Kernel + OutputPad rows, as many columns by the same rule, and keeps the
// channels.
func (d TransposedDepthwise) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	switch {
	case err != nil:
		return x, err
	case d.Kernel < 1 || d.Kernel > 1024 || d.Stride < 1 || d.Stride > 8:
		return x, fmt.Errorf("kernel %d and stride %d are not in 1..1024 and 1..8", d.Kernel, d.Stride)
	case d.Pad < 0 || d.Pad >= d.Kernel:
		return x, fmt.Errorf("padding %d is not from 0 and below kernel %d", d.Pad, d.Kernel)
	case d.OutputPad < 0 || d.OutputPad >= d.Stride:
		return x, fmt.Errorf("output padding %d is not from 0 and below stride %d", d.OutputPad, d.Stride)
	}
	side := func(n int) int { return (n-1)*d.Stride - 2*d.Pad + d.Kernel + d.OutputPad }
	return Shape{side(x.Height), side(x.Width), x.Channels}, nil
}

// Params returns the weight, as that of PyTorch's ConvTranspose2d.
func (d TransposedDepthwise) Params(in []Shape) []Param {
	return []Param{{"weight", []int{in[0].Channels, 1, d.Kernel, d.Kernel}, Kaiming}}
}

// MACs counts every tap of every input, those that Pad cuts off included.
func (d TransposedDepthwise) MACs(in []Shape) int64 {
	return int64(in[0].Size()) * int64(d.Kernel*d.Kernel)
}

// Examples have the kernels 2 to 5 at stride 2, one without a stride, and one whose stride leaves gaps.
func (TransposedDepthwise) Examples() []Example {
	s := Shape{3, 2, 4}
	return []Example{
		{TransposedDepthwise{2, 2, 0, 0}, []Shape{s}, Shape{6, 4, 4}, Count{Params: 16, MACs: 24 * 4}},
		{TransposedDepthwise{3, 2, 1, 1}, []Shape{s}, Shape{6, 4, 4}, Count{Params: 36, MACs: 24 * 9}},
		{TransposedDepthwise{4, 2, 1, 0}, []Shape{s}, Shape{6, 4, 4}, Count{Params: 64, MACs: 24 * 16}},
		{TransposedDepthwise{5, 2, 2, 1}, []Shape{{2, 2, 19}}, Shape{4, 4, 19}, Count{Params: 475, MACs: 76 * 25}},
		{TransposedDepthwise{3, 1, 0, 0}, []Shape{s}, Shape{5, 4, 4}, Count{Params: 36, MACs: 24 * 9}},
		{TransposedDepthwise{2, 3, 1, 2}, []Shape{s}, Shape{8, 5, 4}, Count{Params: 16, MACs: 24 * 4}},
	}
}
