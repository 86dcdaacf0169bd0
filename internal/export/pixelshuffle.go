package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

var pixelShuffle = mapping{onnx: onnxPixelShuffle, torch: func(n node) string {
	return fmt.Sprintf("nn.PixelShuffle(%d)", n.Primitive.(sdk.PixelShuffle).Factor)
}}

var pixelUnshuffle = mapping{onnx: onnxPixelUnshuffle, torch: func(n node) string {
	return fmt.Sprintf("nn.PixelUnshuffle(%d)", n.Primitive.(sdk.PixelUnshuffle).Factor)
}}

func onnxPixelShuffle(o *onnx, n node, x []string) string {
	s, y, f := n.input(), n.Shape, n.Primitive.(sdk.PixelShuffle).Factor
	parts := o.reshape(n, "parts", x[0], 0, y.Channels, f, f, s.Height, s.Width)
	pixels := o.add(n, "pixels", "Transpose", []string{parts}, attribute{"perm", []int{0, 1, 4, 2, 5, 3}})
	return o.reshape(n, "", pixels, 0, y.Channels, y.Height, y.Width)
}

// onnxPixelUnshuffle is no SpaceToDepth, whose channels have another order.
func onnxPixelUnshuffle(o *onnx, n node, x []string) string {
	s, y, f := n.input(), n.Shape, n.Primitive.(sdk.PixelUnshuffle).Factor
	parts := o.reshape(n, "parts", x[0], 0, s.Channels, y.Height, f, y.Width, f)
	channels := o.add(n, "channels", "Transpose", []string{parts}, attribute{"perm", []int{0, 1, 3, 5, 2, 4}})
	return o.reshape(n, "", channels, 0, y.Channels, y.Height, y.Width)
}
