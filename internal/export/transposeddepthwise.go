package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

var transposedDepthwise = mapping{onnx: onnxTransposedDepthwise, torch: torchTransposedDepthwise}

func onnxTransposedDepthwise(o *onnx, n node, x []string) string {
	d := n.Primitive.(sdk.TransposedDepthwise)
	two := func(v int) []int { return []int{v, v} }
	return o.add(n, "", "ConvTranspose", append(x, o.weights(n)...), attribute{"kernel_shape", two(d.Kernel)},
		attribute{"strides", two(d.Stride)}, attribute{"pads", both([2]int{d.Pad, d.Pad})},
		attribute{"output_padding", two(d.OutputPad)}, attribute{"group", n.input().Channels})
}

func torchTransposedDepthwise(n node) string {
	d, c := n.Primitive.(sdk.TransposedDepthwise), n.input().Channels
	return fmt.Sprintf("nn.ConvTranspose2d(%[1]d, %[1]d, %[2]d, stride=%d, padding=%d, output_padding=%d, "+
		"groups=%[1]d, bias=False)", c, d.Kernel, d.Stride, d.Pad, d.OutputPad)
}
