package sdk

import (
	"fmt"
	"math"
)

// MatMul multiplies two inputs as matrices [pixels, channels], each of Heads equal parts of the channels by itself.
// Transposed gives the scores of attention (Vaswani et al. 2017) between P pixels of a and Q pixels of b, with D
// channels in a head: y[p, h·Q + q] = Scale·Σ a[p, h·D + d]·b[q, h·D + d] over d. The other form takes such scores to
// values: y[p, h·D + d] = Scale·Σ a[p, h·Q + q]·b[q, h·D + d] over q. Pixels count along the rows of the image.
type MatMul struct {
	Heads      int     // equal parts of the channels
	Scale      float32 // of the products, above 0 and up to 1000
	Transposed bool    // whether the pixels of the second input become channels
}

// Scores appends the products of each pixel with all pixels of keys, which become channels. It scales them by
// 1/√(channels of a head).
func (t Tensor) Scores(keys Tensor, heads int) Tensor {
	root := math.Sqrt(float64(heads) / float64(t.Shape().Channels))
	return t.g.Add(MatMul{Heads: heads, Scale: float32(root), Transposed: true}, t, keys)
}

// MatMul appends, for each pixel, the sum of the pixels of values that its channels weigh, such as a softmax of Scores.
func (t Tensor) MatMul(values Tensor, heads int) Tensor {
	return t.g.Add(MatMul{Heads: heads, Scale: 1}, t, values)
}

// Kind is "matmul".
func (MatMul) Kind() string { return "matmul" }

// maxScores is the greatest number of scores of an image: those of one head between 64×64 pixels.
const maxScores = 1 << 24

// Infer keeps the size of the first input. Its channels become Heads·Q in the transposed form, and those of the second
// input in the other. More than 2²⁴ scores are refused.
func (m MatMul) Infer(in []Shape) (Shape, error) {
	a, b, err := two(in)
	y := Shape{a.Height, a.Width, b.Channels}
	if err == nil && (m.Heads < 1 || b.Channels%m.Heads != 0) {
		err = fmt.Errorf("%d heads do not divide %d channels", m.Heads, b.Channels)
	}
	if err == nil && !(m.Scale > 0 && m.Scale <= 1000) {
		err = fmt.Errorf("scale %g is not above 0 and up to 1000", m.Scale)
	}
	if err != nil {
		return y, err
	}
	from, to := a.Height*a.Width, b.Height*b.Width
	if m.Heads*from*to > maxScores {
		return y, fmt.Errorf("%d heads of %d×%d pairs of pixels are more than %d scores: pool first",
			m.Heads, from, to, maxScores)
	}
	if !m.Transposed && a.Channels != m.Heads*to {
		return y, fmt.Errorf("%d channels of the first input are not %d heads of %d pixels of the second", a.Channels,
			m.Heads, to)
	}
	if m.Transposed {
		if a.Channels != b.Channels {
			return y, fmt.Errorf("inputs %v and %v differ in channels", a, b)
		}
		y.Channels = m.Heads * to
	}
	return y, nil
}

// Params returns none.
func (MatMul) Params([]Shape) []Param { return nil }

// MACs counts P·Q·C, with the channels C of the second input.
func (MatMul) MACs(in []Shape) int64 {
	a, b := in[0], in[1]
	return int64(a.Height*a.Width) * int64(b.Height*b.Width) * int64(b.Channels)
}

// Examples have both forms, one head and several, and inputs of one size and of two.
func (MatMul) Examples() []Example {
	a, b := Shape{2, 3, 6}, Shape{2, 2, 6}
	return []Example{
		{MatMul{1, 0.5, true}, []Shape{a, a}, Shape{2, 3, 6}, Count{MACs: 6 * 6 * 6}},
		{MatMul{2, 1, true}, []Shape{a, b}, Shape{2, 3, 8}, Count{MACs: 6 * 4 * 6}},
		{MatMul{1, 1, false}, []Shape{a, {2, 3, 5}}, Shape{2, 3, 5}, Count{MACs: 6 * 6 * 5}},
		{MatMul{2, 0.25, false}, []Shape{{3, 2, 8}, b}, Shape{3, 2, 6}, Count{MACs: 6 * 4 * 6}},
	}
}
