package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

var channelConv = mapping{onnxChannelConv, torchChannelConv, `
class ChannelConv(nn.Conv1d):
    """A convolution along the channels of 1×1 activations."""

    def __init__(self, kernel):
        super().__init__(1, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, x):
        return super().forward(x.flatten(2).transpose(1, 2)).transpose(1, 2)[..., None]
`}

// onnxChannelConv has the channels for rows of an image of one channel, and back.
func onnxChannelConv(o *onnx, n node, x []string) string {
	k := n.Primitive.(sdk.ChannelConv).Kernel
	swap := attribute{"perm", []int{0, 2, 1, 3}}
	rows := o.add(n, "rows", "Transpose", x, swap)
	weight := constant(o, n.tensor("weight"), []int{1, 1, k, 1}, o.tensors[n.tensor("weight")])
	y := o.add(n, "conv", "Conv", []string{rows, weight}, attribute{"kernel_shape", []int{k, 1}},
		attribute{"pads", both([2]int{k / 2, 0})})
	return o.add(n, "", "Transpose", []string{y}, swap)
}

func torchChannelConv(n node) string {
	return fmt.Sprintf("ChannelConv(%d)", n.Primitive.(sdk.ChannelConv).Kernel)
}
