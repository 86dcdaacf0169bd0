package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

var matmul = mapping{onnxMatMul, torchMatMul, `
class MatMul(nn.Module):
    """Products of pixels in heads: scores, where transposed, and sums of pixels by scores otherwise."""

    def __init__(self, heads, scale, transposed):
        super().__init__()
        self.heads, self.scale, self.transposed = heads, scale, transposed

    def forward(self, a, b):
        left, right = [x.flatten(2).unflatten(1, (self.heads, -1)) for x in (b, a)]
        if self.transposed:
            left = left.transpose(2, 3)
        return (left @ right * self.scale).flatten(1, 2).unflatten(2, a.shape[2:])
`}

// onnxMatMul is b·a of matrices [channels, pixels] for each head, with b transposed for scores.
func onnxMatMul(o *onnx, n node, x []string) string {
	m, y := n.Primitive.(sdk.MatMul), n.Shape
	matrix := func(part, x string, s sdk.Shape) string {
		return o.reshape(n, part, x, 0, m.Heads, s.Channels/m.Heads, s.Height*s.Width)
	}
	left, right := matrix("left", x[1], n.in[1]), matrix("right", x[0], n.in[0])
	if m.Transposed {
		left = o.add(n, "transposed", "Transpose", []string{left}, attribute{"perm", []int{0, 1, 3, 2}})
	}
	product := o.add(n, "product", "MatMul", []string{left, right})
	if m.Scale != 1 {
		product = o.add(n, "scaled", "Mul", []string{product, number(o, n, "scale", float64(m.Scale))})
	}
	return o.reshape(n, "", product, 0, y.Channels, y.Height, y.Width)
}

func torchMatMul(n node) string {
	m, transposed := n.Primitive.(sdk.MatMul), "False"
	if m.Transposed {
		transposed = "True"
	}
	return fmt.Sprintf("MatMul(%d, %v, %s)", m.Heads, m.Scale, transposed)
}
