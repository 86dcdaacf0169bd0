package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

var layerNorm = mapping{onnxLayerNorm, torchLayerNorm, `
class LayerNorm(nn.LayerNorm):
    """The channels of each pixel, normalised by themselves."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class RMSNorm(nn.Module):
    """The channels of each pixel over their root mean square."""

    def __init__(self, channels, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.eps = eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + self.eps) * self.weight[:, None, None]
`}

// onnxLayerNorm normalises the last axis, so that the channels are brought there and back. RMS has no operator of its
// own in opset 17.
func onnxLayerNorm(o *onnx, n node, x []string) string {
	l := n.Primitive.(sdk.LayerNorm)
	if l.RMS {
		mean := o.add(n, "mean", "ReduceMean", []string{o.add(n, "square", "Mul", []string{x[0], x[0]})},
			attribute{"axes", []int{1}}, attribute{"keepdims", 1})
		eps := constant(o, n.tensor("eps"), []int{1}, []float32{l.Eps})
		root := o.add(n, "root", "Sqrt", []string{o.add(n, "sum", "Add", []string{mean, eps})})
		weight := constant(o, n.tensor("weight"), []int{n.input().Channels, 1, 1}, o.tensors[n.tensor("weight")])
		return o.add(n, "", "Mul", []string{o.add(n, "quotient", "Div", []string{x[0], root}), weight})
	}
	last := o.add(n, "last", "Transpose", x, attribute{"perm", []int{0, 2, 3, 1}})
	y := o.add(n, "normalised", "LayerNormalization", append([]string{last}, o.weights(n)...), attribute{"axis", -1},
		attribute{"epsilon", l.Eps})
	return o.add(n, "", "Transpose", []string{y}, attribute{"perm", []int{0, 3, 1, 2}})
}

func torchLayerNorm(n node) string {
	l, class := n.Primitive.(sdk.LayerNorm), "LayerNorm"
	if l.RMS {
		class = "RMSNorm"
	}
	return fmt.Sprintf("%s(%d, eps=%v)", class, n.input().Channels, l.Eps)
}
