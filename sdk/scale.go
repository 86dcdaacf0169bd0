package sdk

import (
	"fmt"
	"math"
)

// Scale multiplies each channel by a weight of its own, as the layer scale of CaiT (Touvron et al. 2021) and ConvNeXt
// does.
type Scale struct {
	Start float32 // what the weights begin with, from -1000 to 1000
}

// Scale appends a weight for each channel that begins with start, such as 1e-6.
func (t Tensor) Scale(start float32) Tensor { return t.g.Add(Scale{Start: start}, t) }

// Kind is "scale".
func (Scale) Kind() string { return "scale" }

// Infer keeps the shape.
func (s Scale) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && !(math.Abs(float64(s.Start)) <= 1000) {
		err = fmt.Errorf("start %g is not from -1000 to 1000", s.Start)
	}
	return x, err
}

// Params returns the weight.
func (s Scale) Params(in []Shape) []Param {
	return []Param{{"weight", []int{in[0].Channels}, Constant(s.Start)}}
}

// MACs returns 0: a scale can be folded into the convolution before it.
func (Scale) MACs([]Shape) int64 { return 0 }

// Examples have starts that show in the result.
func (Scale) Examples() []Example {
	s := Shape{3, 2, 4}
	return []Example{{Scale{Start: 0.5}, []Shape{s}, s, Count{Params: 4}}}
}
