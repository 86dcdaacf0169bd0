package export

import (
	"math"
	"strings"

	"github.com/nse-dev/nse/sdk"
)

func onnxConv(o *onnx, n node, x []string) string {
	c := n.Primitive.(sdk.Conv2D)
	weights := o.weights
	if n.norm != nil {
		weights = o.fold
	}
	return o.add(n, "", "Conv", append(x, weights(n)...), attribute{"kernel_shape", c.Kernel[:]},
		attribute{"strides", c.Stride[:]}, attribute{"pads", both(c.Pad)}, attribute{"dilations", c.Dilation[:]},
		attribute{"group", c.Groups})
}

// both are pads as ONNX wants them: top, left, bottom, right.
func both(pad [2]int) []int { return []int{pad[0], pad[1], pad[0], pad[1]} }

// fold adds the weight and bias of a convolution with the BatchNorm behind it:
// weight·s and (bias − mean)·s + shift, where s = scale/√(variance + eps).
func (o *onnx) fold(conv node) []string {
	c, norm := conv.Primitive.(sdk.Conv2D), *conv.norm
	eps := float64(norm.Primitive.(sdk.BatchNorm).Eps)
	of := func(n node, name string) []float32 { return o.tensors[n.tensor(name)] }
	scale, shift := of(norm, "weight"), of(norm, "bias")
	mean, variance := of(norm, "running_mean"), of(norm, "running_var")
	weight, bias := append([]float32(nil), of(conv, "weight")...), make([]float32, c.Out)
	if c.Bias {
		copy(bias, of(conv, "bias"))
	}
	size := len(weight) / c.Out
	for out := range c.Out {
		s := float64(scale[out]) / math.Sqrt(float64(variance[out])+eps)
		for i := out * size; i < (out+1)*size; i++ {
			weight[i] = float32(float64(weight[i]) * s)
		}
		bias[out] = float32((float64(bias[out])-float64(mean[out]))*s + float64(shift[out]))
	}
	shape := []int{c.Out, conv.input().Channels / c.Groups, c.Kernel[0], c.Kernel[1]}
	return []string{constant(o, conv.tensor("weight"), shape, weight),
		constant(o, conv.tensor("bias"), shape[:1], bias)}
}

// onnxLinear is a 1×1 convolution, since activations keep their four dimensions.
func onnxLinear(o *onnx, n node, x []string) string {
	l, c := n.Primitive.(sdk.Linear), n.input().Channels
	weight := constant(o, n.tensor("weight"), []int{l.Out, c, 1, 1}, o.tensors[n.tensor("weight")])
	bias := constant(o, n.tensor("bias"), []int{l.Out}, o.tensors[n.tensor("bias")])
	return o.add(n, "", "Conv", append(x, weight, bias))
}

func onnxBatchNorm(o *onnx, n node, x []string) string {
	return o.add(n, "", "BatchNormalization", append(x, o.weights(n)...),
		attribute{"epsilon", n.Primitive.(sdk.BatchNorm).Eps})
}

func onnxSwish(o *onnx, n node, x []string) string {
	return o.add(n, "", "Mul", append(x, o.add(n, "sigmoid", "Sigmoid", x)))
}

// onnxSqueezeExcite is the mean, fc1, the activation, fc2, a sigmoid, and the product with x.
func onnxSqueezeExcite(o *onnx, n node, x []string) string {
	w := o.weights(n)
	hidden := o.add(n, "mean", "GlobalAveragePool", x)
	hidden = o.add(n, "fc1", "Conv", []string{hidden, w[0], w[1]})
	activation := n
	activation.Name += "/activation"
	hidden = activations[n.Primitive.(sdk.SqueezeExcite).Activation].onnx(o, activation, []string{hidden})
	gate := o.add(n, "gate", "Sigmoid", []string{o.add(n, "fc2", "Conv", []string{hidden, w[2], w[3]})})
	return o.add(n, "", "Mul", []string{x[0], gate})
}

func onnxMaxPool(o *onnx, n node, x []string) string {
	p := n.Primitive.(sdk.MaxPool)
	return o.add(n, "", "MaxPool", x, pooling(p.Kernel, p.Stride, p.Pad)...)
}

func onnxAvgPool(o *onnx, n node, x []string) string {
	p := n.Primitive.(sdk.AvgPool)
	return o.add(n, "", "AveragePool", x,
		append(pooling(p.Kernel, p.Stride, p.Pad), attribute{"count_include_pad", 0})...)
}

func pooling(kernel, stride, pad [2]int) []attribute {
	return []attribute{{"kernel_shape", kernel[:]}, {"strides", stride[:]}, {"pads", both(pad)}}
}

func onnxConcat(o *onnx, n node, x []string) string {
	return o.add(n, "", "Concat", x, attribute{"axis", 1})
}

func onnxSlice(o *onnx, n node, x []string) string {
	s := n.Primitive.(sdk.Slice)
	return o.add(n, "", "Slice",
		append(x, o.shape(n, "from", s.From), o.shape(n, "to", s.From+s.Channels), o.shape(n, "axis", 1)))
}

// onnxShuffle transposes the channels as a matrix of Groups rows. A 0 in a shape keeps the batch.
func onnxShuffle(o *onnx, n node, x []string) string {
	groups, s := n.Primitive.(sdk.ChannelShuffle).Groups, n.Shape
	rows := o.reshape(n, "rows", x[0], 0, groups, s.Channels/groups, s.Height, s.Width)
	columns := o.add(n, "columns", "Transpose", []string{rows}, attribute{"perm", []int{0, 2, 1, 3, 4}})
	return o.reshape(n, "", columns, 0, s.Channels, s.Height, s.Width)
}

// reshape adds a part of a node that reads x in another shape. An empty part is the node's own value.
func (o *onnx) reshape(n node, part, x string, shape ...int) string {
	name := strings.TrimPrefix(part+".shape", ".")
	return o.add(n, part, "Reshape", []string{x, o.shape(n, name, shape...)})
}

// shape adds a vector of int64.
func (o *onnx) shape(n node, name string, v ...int) string {
	wide := make([]int64, len(v))
	for i, d := range v {
		wide[i] = int64(d)
	}
	return constant(o, n.tensor(name), []int{len(v)}, wide)
}
