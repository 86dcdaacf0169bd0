package sdk

import "fmt"

// PixelShuffle makes a larger image of groups of channels (Shi et al. 2016), in PyTorch's order: y[h·Factor + i,
// w·Factor + j, c] = x[h, w, c·Factor² + i·Factor + j].
type PixelShuffle struct {
	Factor int // of height and width, from 2 to 64; its square divides the channels
}

// PixelUnshuffle undoes PixelShuffle: it makes channels of the pixels of each square of Factor × Factor.
type PixelUnshuffle struct {
	Factor int // of height and width, which it divides, from 2 to 64
}

// PixelShuffle appends a rearrangement of factor² channels into one of an image factor times as high and wide.
func (t Tensor) PixelShuffle(factor int) Tensor { return t.g.Add(PixelShuffle{factor}, t) }

// PixelUnshuffle appends a rearrangement of squares of factor × factor pixels into channels.
func (t Tensor) PixelUnshuffle(factor int) Tensor { return t.g.Add(PixelUnshuffle{factor}, t) }

// Kind is "pixel_shuffle".
func (PixelShuffle) Kind() string { return "pixel_shuffle" }

// Kind is "pixel_unshuffle".
func (PixelUnshuffle) Kind() string { return "pixel_unshuffle" }

// Infer returns H·Factor × W·Factor × C/Factor².
func (s PixelShuffle) Infer(in []Shape) (Shape, error) {
	x, f, err := rearranged(in, s.Factor)
	if err == nil && x.Channels%(f*f) != 0 {
		err = fmt.Errorf("%d channels are no multiple of %d, the square of factor %d", x.Channels, f*f, f)
	}
	return Shape{x.Height * f, x.Width * f, x.Channels / (f * f)}, err
}

// Infer returns H/Factor × W/Factor × C·Factor².
func (s PixelUnshuffle) Infer(in []Shape) (Shape, error) {
	x, f, err := rearranged(in, s.Factor)
	if err == nil && (x.Height%f != 0 || x.Width%f != 0) {
		err = fmt.Errorf("factor %d does not divide %d×%d pixels", f, x.Height, x.Width)
	}
	return Shape{x.Height / f, x.Width / f, x.Channels * f * f}, err
}

// rearranged is the only input, and a factor that is 1 where it is refused.
func rearranged(in []Shape, factor int) (Shape, int, error) {
	x, err := one(in)
	if err == nil && (factor < 2 || factor > 64) {
		return x, 1, fmt.Errorf("factor %d is not in 2..64", factor)
	}
	return x, factor, err
}

// Params returns none.
func (PixelShuffle) Params([]Shape) []Param { return nil }

// Params returns none.
func (PixelUnshuffle) Params([]Shape) []Param { return nil }

// MACs returns 0, as those of Concat do.
func (PixelShuffle) MACs([]Shape) int64 { return 0 }

// MACs returns 0, as those of Concat do.
func (PixelUnshuffle) MACs([]Shape) int64 { return 0 }

// Examples have the factors 2 and 3.
func (PixelShuffle) Examples() []Example {
	return []Example{
		{PixelShuffle{2}, []Shape{{3, 2, 12}}, Shape{6, 4, 3}, Count{}},
		{PixelShuffle{3}, []Shape{{2, 1, 9}}, Shape{6, 3, 1}, Count{}},
	}
}

// Examples have the factors 2 and 3.
func (PixelUnshuffle) Examples() []Example {
	return []Example{
		{PixelUnshuffle{2}, []Shape{{6, 4, 3}}, Shape{3, 2, 12}, Count{}},
		{PixelUnshuffle{3}, []Shape{{6, 3, 1}}, Shape{2, 1, 9}, Count{}},
	}
}
