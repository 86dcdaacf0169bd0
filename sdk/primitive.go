package sdk

import (
	"errors"
	"fmt"
)

// Primitive is one kind of node. Its fields are its attributes. Everything else follows from them and the shapes of the
// inputs. Params and MACs are called with shapes that Infer has accepted.
type Primitive interface {
	Kind() string                    // name in messages and in the wire format
	Infer(in []Shape) (Shape, error) // shape of the output, or why the node is invalid
	Params(in []Shape) []Param       // its tensors, names without the node's
	MACs(in []Shape) int64           // multiply-accumulates for one image
}

// plain is embedded by primitives that have no parameters and cost no MACs.
type plain struct{}

func (plain) Params([]Shape) []Param { return nil }
func (plain) MACs([]Shape) int64     { return 0 }

// Conv2D is a convolution: y[h, w, o] = Σ x[h·s + i·d − p, w·s + j·d − p, c]·weight[o, c, i, j] (+ bias[o]). The weight
// has the shape [Out, C/Groups, kernel height, kernel width], and the padding is zero. Groups = input channels = Out is
// a depthwise convolution. Pairs are vertical, horizontal.
type Conv2D struct {
	Out                           int
	Kernel, Stride, Pad, Dilation [2]int
	Groups                        int
	Bias                          bool
}

// Kind is "conv2d".
func (Conv2D) Kind() string { return "conv2d" }

// Infer returns ⌊(H + 2p − d(k−1) − 1)/s⌋ + 1 rows, as many columns by the same rule, and Out channels.
func (c Conv2D) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err != nil {
		return x, err
	}
	if c.Out < 1 || c.Out > maxSide {
		return x, fmt.Errorf("%d output channels are not in 1..%d", c.Out, maxSide)
	}
	if c.Groups < 1 || x.Channels%c.Groups != 0 || c.Out%c.Groups != 0 {
		return x, fmt.Errorf("%d groups do not divide %d input and %d output channels", c.Groups, x.Channels, c.Out)
	}
	y, err := window(x, c.Kernel, c.Stride, c.Pad, c.Dilation)
	y.Channels = c.Out
	return y, err
}

// Params returns the weight, and the bias if there is one.
func (c Conv2D) Params(in []Shape) []Param {
	p := []Param{{"weight", []int{c.Out, in[0].Channels / c.Groups, c.Kernel[0], c.Kernel[1]}, Kaiming}}
	if c.Bias {
		p = append(p, Param{"bias", []int{c.Out}, Zero})
	}
	return p
}

// MACs counts every tap of every output, those on padding included.
func (c Conv2D) MACs(in []Shape) int64 {
	y, err := c.Infer(in)
	if err != nil {
		return 0
	}
	return int64(y.Size()) * int64(in[0].Channels/c.Groups) * int64(c.Kernel[0]*c.Kernel[1])
}

// Linear is a fully connected map of a 1×1 activation: y = weight·x + bias. The weight has the shape [Out, C].
type Linear struct{ Out int }

// Kind is "linear".
func (Linear) Kind() string { return "linear" }

// Infer returns 1×1×Out. It refuses an input that is not 1×1.
func (l Linear) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && (x.Height != 1 || x.Width != 1) {
		err = fmt.Errorf("input %v is not 1×1: pool it first", x)
	}
	if err == nil && (l.Out < 1 || l.Out > maxSide) {
		err = fmt.Errorf("%d outputs are not in 1..%d", l.Out, maxSide)
	}
	return Shape{1, 1, l.Out}, err
}

// Params returns the weight and the bias.
func (l Linear) Params(in []Shape) []Param {
	return []Param{{"weight", []int{l.Out, in[0].Channels}, Kaiming}, {"bias", []int{l.Out}, Zero}}
}

// MACs counts one for each element of the weight.
func (l Linear) MACs(in []Shape) int64 { return int64(l.Out) * int64(in[0].Channels) }

// BatchNorm normalises each channel over the batch and the image: y = (x − mean)/√(variance + Eps)·weight + bias. While
// training, mean and variance are the batch's, with the biased variance. Running statistics move by Momentum, and the
// running variance is the unbiased one.
type BatchNorm struct{ Eps, Momentum float32 }

// Kind is "batchnorm".
func (BatchNorm) Kind() string { return "batchnorm" }

// Infer keeps the shape. Eps lies between 0 and 1, and Momentum in 0..1.
func (b BatchNorm) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && !(b.Eps > 0 && b.Eps < 1) {
		err = fmt.Errorf("eps %g is not between 0 and 1", b.Eps)
	}
	if err == nil && !(b.Momentum >= 0 && b.Momentum <= 1) {
		err = fmt.Errorf("momentum %g is not in 0..1", b.Momentum)
	}
	return x, err
}

// Params returns weight and bias, which are trained, and the running mean and variance, which are buffers.
func (BatchNorm) Params(in []Shape) []Param {
	c := []int{in[0].Channels}
	return []Param{{"weight", c, One}, {"bias", c, Zero}, {"running_mean", c, RunningMean},
		{"running_var", c, RunningVar}}
}

// MACs returns 0: a normalisation can be folded into the convolution before it.
func (BatchNorm) MACs([]Shape) int64 { return 0 }

// Kind makes an activation a primitive.
func (a Activation) Kind() string { return a.String() }

// Infer keeps the shape.
func (a Activation) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && (a < 0 || int(a) >= len(activationNames)) {
		err = fmt.Errorf("unknown activation %d", int(a))
	}
	return x, err
}

// Params returns none.
func (Activation) Params([]Shape) []Param { return nil }

// MACs returns 0.
func (Activation) MACs([]Shape) int64 { return 0 }

// SqueezeExcite scales channels by a gate computed from their means: fc1 to C/Reduction channels, Activation, fc2,
// sigmoid. fc1 and fc2 are 1×1 convolutions with biases. C/Reduction is rounded down.
type SqueezeExcite struct {
	Reduction  int
	Activation Activation
}

// Kind is "squeeze_excite".
func (SqueezeExcite) Kind() string { return "squeeze_excite" }

// Infer keeps the shape. Reduction is 1 to the number of channels.
func (s SqueezeExcite) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && (s.Reduction < 1 || s.Reduction > x.Channels) {
		err = fmt.Errorf("reduction %d is not in 1..%d (the channels)", s.Reduction, x.Channels)
	}
	if err == nil {
		_, err = s.Activation.Infer(in)
	}
	return x, err
}

// Hidden is the number of channels between fc1 and fc2.
func (s SqueezeExcite) Hidden(channels int) int { return channels / s.Reduction }

// Params returns the weights and biases of fc1 and fc2.
func (s SqueezeExcite) Params(in []Shape) []Param {
	c := in[0].Channels
	h := s.Hidden(c)
	return []Param{
		{"fc1.weight", []int{h, c, 1, 1}, Kaiming}, {"fc1.bias", []int{h}, Zero},
		{"fc2.weight", []int{c, h, 1, 1}, Kaiming}, {"fc2.bias", []int{c}, Zero},
	}
}

// MACs counts fc1 and fc2.
func (s SqueezeExcite) MACs(in []Shape) int64 {
	return 2 * int64(in[0].Channels) * int64(s.Hidden(in[0].Channels))
}

// MaxPool takes the greatest value in a window. Padding never wins, and is at most half the kernel.
type MaxPool struct {
	plain
	Kernel, Stride, Pad [2]int
}

// Kind is "max_pool".
func (MaxPool) Kind() string { return "max_pool" }

// Infer keeps the channels. The size follows the rule of Conv2D.Infer, at dilation 1.
func (p MaxPool) Infer(in []Shape) (Shape, error) { return pooled(in, p.Kernel, p.Stride, p.Pad) }

// AvgPool takes the mean of a window. Padding is not counted, and is at most half the kernel.
type AvgPool struct {
	plain
	Kernel, Stride, Pad [2]int
}

// Kind is "avg_pool".
func (AvgPool) Kind() string { return "avg_pool" }

// Infer keeps the channels. The size follows the rule of Conv2D.Infer, at dilation 1.
func (p AvgPool) Infer(in []Shape) (Shape, error) { return pooled(in, p.Kernel, p.Stride, p.Pad) }

// GlobalAvgPool takes the mean of each channel. The result is 1×1×C.
type GlobalAvgPool struct{ plain }

// Kind is "global_avg_pool".
func (GlobalAvgPool) Kind() string { return "global_avg_pool" }

// Infer returns 1×1×C.
func (GlobalAvgPool) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	return Shape{1, 1, x.Channels}, err
}

// Add is the sum of two or more equal shapes.
type Add struct{ plain }

// Kind is "add".
func (Add) Kind() string { return "add" }

// Infer keeps the shape, which all inputs have.
func (Add) Infer(in []Shape) (Shape, error) {
	if len(in) < 2 {
		return Shape{}, fmt.Errorf("%d inputs, want at least 2", len(in))
	}
	for _, s := range in[1:] {
		if s != in[0] {
			return Shape{}, fmt.Errorf("inputs %v and %v differ", in[0], s)
		}
	}
	return in[0], nil
}

// Multiply is the product of two equal shapes, or of an activation and a 1×1 gate for each of its channels.
type Multiply struct{ plain }

// Kind is "multiply".
func (Multiply) Kind() string { return "multiply" }

// Infer returns the shape of the first input.
func (Multiply) Infer(in []Shape) (Shape, error) {
	x, gate, err := two(in)
	if err == nil && gate != x && gate != (Shape{1, 1, x.Channels}) {
		err = fmt.Errorf("second input %v is neither %v nor 1×1×%d", gate, x, x.Channels)
	}
	return x, err
}

// Concat joins the channels of two or more activations of one height and width, in the order of the inputs.
type Concat struct{ plain }

// Kind is "concat".
func (Concat) Kind() string { return "concat" }

// Infer adds the channels up.
func (Concat) Infer(in []Shape) (Shape, error) {
	if len(in) < 2 {
		return Shape{}, fmt.Errorf("%d inputs, want at least 2", len(in))
	}
	y := in[0]
	for _, s := range in[1:] {
		if s.Height != y.Height || s.Width != y.Width {
			return y, fmt.Errorf("inputs %v and %v differ in size", in[0], s)
		}
		y.Channels += s.Channels
	}
	return y, nil
}

// Slice keeps the channels From to From + Channels − 1. Tensor.Split makes several.
type Slice struct {
	plain
	From, Channels int
}

// Kind is "slice".
func (Slice) Kind() string { return "slice" }

// Infer returns Channels channels of the same size. Channels that the input does not have are an error.
func (s Slice) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && (s.From < 0 || s.Channels < 1 || s.Channels > x.Channels || s.From > x.Channels-s.Channels) {
		err = fmt.Errorf("channels %d..%d are not in 0..%d", s.From, s.From+s.Channels-1, x.Channels-1)
	}
	return Shape{x.Height, x.Width, s.Channels}, err
}

// ChannelShuffle reads the channels as Groups rows and writes them by columns: channel i·C/Groups + j goes to j·Groups
// + i. Groups divides C.
type ChannelShuffle struct {
	plain
	Groups int
}

// Kind is "channel_shuffle".
func (ChannelShuffle) Kind() string { return "channel_shuffle" }

// Infer keeps the shape.
func (s ChannelShuffle) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && (s.Groups < 1 || x.Channels%s.Groups != 0) {
		err = fmt.Errorf("%d groups do not divide %d channels", s.Groups, x.Channels)
	}
	return x, err
}

// Dropout zeroes elements with probability Rate while training and scales the others by 1/(1−Rate). It passes its input
// on when not training. Rate is at least 0 and below 1.
type Dropout struct {
	plain
	Rate float32
}

// Kind is "dropout".
func (Dropout) Kind() string { return "dropout" }

// Infer keeps the shape.
func (d Dropout) Infer(in []Shape) (Shape, error) { return dropped(in, d.Rate) }

// DropPath zeroes whole images with probability Rate while training and scales the others by 1/(1−Rate). It passes its
// input on when not training. Rate is at least 0 and below 1.
type DropPath struct {
	plain
	Rate float32
}

// Kind is "drop_path".
func (DropPath) Kind() string { return "drop_path" }

// Infer keeps the shape.
func (d DropPath) Infer(in []Shape) (Shape, error) { return dropped(in, d.Rate) }

func dropped(in []Shape, rate float32) (Shape, error) {
	x, err := one(in)
	if err == nil && !(rate >= 0 && rate < 1) {
		err = fmt.Errorf("rate %g is not at least 0 and below 1", rate)
	}
	return x, err
}

func pooled(in []Shape, kernel, stride, pad [2]int) (Shape, error) {
	x, err := one(in)
	if err != nil {
		return x, err
	}
	for i := range pad {
		if 2*pad[i] > kernel[i] {
			return x, fmt.Errorf("padding %d is more than half the kernel %d", pad[i], kernel[i])
		}
	}
	y, err := window(x, kernel, stride, pad, [2]int{1, 1})
	y.Channels = x.Channels
	return y, err
}

func one(in []Shape) (Shape, error) {
	if len(in) != 1 {
		return Shape{}, fmt.Errorf("%d inputs, want 1", len(in))
	}
	return in[0], nil
}

func two(in []Shape) (a, b Shape, err error) {
	if len(in) != 2 {
		return a, b, fmt.Errorf("%d inputs, want 2", len(in))
	}
	return in[0], in[1], nil
}

// window is the size of a sliding window's output.
func window(x Shape, kernel, stride, pad, dilation [2]int) (Shape, error) {
	size := [2]int{x.Height, x.Width}
	for i := range size {
		k, s, p, d := kernel[i], stride[i], pad[i], dilation[i]
		if min(k, s, d) < 1 || p < 0 || max(k, s, p, d) > 1024 {
			return Shape{},
				fmt.Errorf("kernel %d, stride %d, padding %d, dilation %d are not in 1..1024 (padding from 0)", k, s, p,
					d)
		}
		span := d*(k-1) + 1
		if size[i]+2*p < span {
			return Shape{}, errors.New("window is larger than the padded input " + x.String())
		}
		size[i] = (size[i]+2*p-span)/s + 1
	}
	return Shape{size[0], size[1], 0}, nil
}
