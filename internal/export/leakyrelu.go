package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

var leakyRelu = mapping{onnx: onnxLeakyReLU, torch: func(n node) string {
	return fmt.Sprintf("nn.LeakyReLU(%v)", n.Primitive.(sdk.LeakyReLU).Slope)
}}

func onnxLeakyReLU(o *onnx, n node, x []string) string {
	return o.add(n, "", "LeakyRelu", x, attribute{"alpha", n.Primitive.(sdk.LeakyReLU).Slope})
}
