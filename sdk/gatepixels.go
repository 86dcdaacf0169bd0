package sdk

import "fmt"

// GatePixels multiplies all channels of each pixel of the first input by the one channel that the second input has
// there, as a spatial attention does. Multiply gates channels.
type GatePixels struct{}

// GatePixels appends the product with a gate of one channel and the same size.
func (t Tensor) GatePixels(gate Tensor) Tensor { return t.g.Add(GatePixels{}, t, gate) }

// Kind is "gate_pixels".
func (GatePixels) Kind() string { return "gate_pixels" }

// Infer returns the shape of the first input.
func (GatePixels) Infer(in []Shape) (Shape, error) {
	x, gate, err := two(in)
	if err == nil && gate != (Shape{x.Height, x.Width, 1}) {
		err = fmt.Errorf("second input %v is not %d×%d×1", gate, x.Height, x.Width)
	}
	return x, err
}

// Params returns none.
func (GatePixels) Params([]Shape) []Param { return nil }

// MACs returns 0, as those of Multiply do.
func (GatePixels) MACs([]Shape) int64 { return 0 }

// Examples have one channel and several.
func (GatePixels) Examples() []Example {
	s, gate := Shape{3, 2, 5}, Shape{3, 2, 1}
	return []Example{
		{GatePixels{}, []Shape{s, gate}, s, Count{}},
		{GatePixels{}, []Shape{gate, gate}, gate, Count{}},
	}
}
