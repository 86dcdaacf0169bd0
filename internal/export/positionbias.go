package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

var positionBias = mapping{onnxPositionBias, torchPositionBias, `
class PositionBias(nn.Module):
    """Scores with a number for each relative position of two pixels."""

    def __init__(self, height, width, heads):
        super().__init__()
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * height - 1) * (2 * width - 1), heads))
        y, x = torch.arange(height), torch.arange(width)
        rows, columns = y[:, None] - y + height - 1, x[:, None] - x + width - 1
        index = rows[:, None, :, None] * (2 * width - 1) + columns[None, :, None, :]
        self.register_buffer("index", index.reshape(height * width, height * width), persistent=False)

    def forward(self, x):
        return x + self.relative_position_bias_table[self.index].permute(2, 1, 0).reshape(x.shape[1:])
`}

// onnxPositionBias adds a constant [1, Heads·H·W, H, W], which the table makes.
func onnxPositionBias(o *onnx, n node, x []string) string {
	s, heads := n.Shape, n.Primitive.(sdk.PositionBias).Heads
	name := n.tensor("relative_position_bias_table")
	table, pixels := o.tensors[name], s.Height*s.Width
	bias := make([]float32, s.Channels*pixels)
	for i := range bias {
		h, q, p := i/pixels/pixels, i/pixels%pixels, i%pixels
		row, column := p/s.Width-q/s.Width+s.Height-1, p%s.Width-q%s.Width+s.Width-1
		bias[i] = table[(row*(2*s.Width-1)+column)*heads+h]
	}
	return o.add(n, "", "Add",
		[]string{x[0], constant(o, name, []int{1, s.Channels, s.Height, s.Width}, bias)})
}

func torchPositionBias(n node) string {
	return fmt.Sprintf("PositionBias(%d, %d, %d)", n.Shape.Height, n.Shape.Width, n.Primitive.(sdk.PositionBias).Heads)
}
