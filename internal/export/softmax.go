package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

var softmax = mapping{onnxSoftmax, torchSoftmax, `
class Softmax(nn.Module):
    """A softmax over each of so many equal parts of the channels."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        return x.unflatten(1, (self.groups, -1)).softmax(2).flatten(1, 2)
`}

func onnxSoftmax(o *onnx, n node, x []string) string {
	groups, s := n.Primitive.(sdk.Softmax).Groups, n.Shape
	if groups == 1 {
		return o.add(n, "", "Softmax", x, attribute{"axis", 1})
	}
	parts := o.reshape(n, "parts", x[0], 0, groups, s.Channels/groups, s.Height, s.Width)
	y := o.add(n, "softmax", "Softmax", []string{parts}, attribute{"axis", 2})
	return o.reshape(n, "", y, 0, s.Channels, s.Height, s.Width)
}

func torchSoftmax(n node) string { return fmt.Sprintf("Softmax(%d)", n.Primitive.(sdk.Softmax).Groups) }
