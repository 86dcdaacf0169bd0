package sdk

import "fmt"

// PositionBias adds a learned number to each score between two pixels of an H×W image, by how far they lie apart, as
// Swin does (Liu et al. 2021): y[p, h·HW + q] = x[p, h·HW + q] + table[i·(2W−1) + j, h]. Here i is H − 1 more than the
// rows from q to p, and j is W − 1 more than the columns.
type PositionBias struct {
	Heads int // of the scores, whose channels are Heads·H·W
}

// PositionBias appends a bias by relative position to the scores of an image with itself.
func (t Tensor) PositionBias(heads int) Tensor { return t.g.Add(PositionBias{heads}, t) }

// Kind is "position_bias".
func (PositionBias) Kind() string { return "position_bias" }

// Infer keeps the shape.
func (b PositionBias) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && (b.Heads < 1 || x.Channels != b.Heads*x.Height*x.Width) {
		err = fmt.Errorf("%d channels are not the scores of %d heads between all %d×%d pixels", x.Channels, b.Heads,
			x.Height, x.Width)
	}
	return x, err
}

// Params returns the table, by the name that it has in Swin.
func (b PositionBias) Params(in []Shape) []Param {
	rows, columns := 2*in[0].Height-1, 2*in[0].Width-1
	return []Param{{"relative_position_bias_table", []int{rows * columns, b.Heads}, Zero}}
}

// MACs returns 0, as those of biases do.
func (PositionBias) MACs([]Shape) int64 { return 0 }

// Examples have one head and two, and one pixel.
func (PositionBias) Examples() []Example {
	a, b, c := Shape{2, 3, 6}, Shape{3, 2, 12}, Shape{1, 1, 2}
	return []Example{
		{PositionBias{1}, []Shape{a}, a, Count{Params: 15}},
		{PositionBias{2}, []Shape{b}, b, Count{Params: 30}},
		{PositionBias{2}, []Shape{c}, c, Count{Params: 2}},
	}
}
