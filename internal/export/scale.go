package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

var scale = mapping{onnxScale, torchScale, `
class Scale(nn.Module):
    """Each channel times a weight of its own."""

    def __init__(self, channels, start):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), start))

    def forward(self, x):
        return x * self.weight[:, None, None]
`}

func onnxScale(o *onnx, n node, x []string) string {
	weight := constant(o, n.tensor("weight"), []int{n.input().Channels, 1, 1}, o.tensors[n.tensor("weight")])
	return o.add(n, "", "Mul", []string{x[0], weight})
}

func torchScale(n node) string {
	return fmt.Sprintf("Scale(%d, float(%v))", n.input().Channels, n.Primitive.(sdk.Scale).Start)
}
