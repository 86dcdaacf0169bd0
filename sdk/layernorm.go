package sdk

import "fmt"

// LayerNorm normalises the channels of each pixel by themselves: y = (x − mean)/√(variance + Eps)·weight + bias, with
// the biased variance. With RMS it is y = x/√(mean of x² + Eps)·weight.
type LayerNorm struct {
	Eps float32 // added to the variance, between 0 and 1
	RMS bool    // whether to leave out mean and bias
}

// LayerNorm appends layer normalisation over the channels, with the field's usual eps 1e-6.
func (t Tensor) LayerNorm() Tensor { return t.g.Add(LayerNorm{Eps: 1e-6}, t) }

// RMSNorm appends layer normalisation without mean and bias, with eps 1e-6.
func (t Tensor) RMSNorm() Tensor { return t.g.Add(LayerNorm{Eps: 1e-6, RMS: true}, t) }

// Kind is "layer_norm".
func (LayerNorm) Kind() string { return "layer_norm" }

// Infer keeps the shape.
func (l LayerNorm) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && !(l.Eps > 0 && l.Eps < 1) {
		err = fmt.Errorf("eps %g is not between 0 and 1", l.Eps)
	}
	return x, err
}

// Params returns the weight and, without RMS, the bias.
func (l LayerNorm) Params(in []Shape) []Param {
	c := []int{in[0].Channels}
	if l.RMS {
		return []Param{{"weight", c, One}}
	}
	return []Param{{"weight", c, One}, {"bias", c, Zero}}
}

// MACs returns 0, as that of BatchNorm does.
func (LayerNorm) MACs([]Shape) int64 { return 0 }

// Examples have both forms, with eps that shows in the result.
func (LayerNorm) Examples() []Example {
	s := Shape{3, 2, 4}
	return []Example{
		{LayerNorm{Eps: 1e-6}, []Shape{s}, s, Count{Params: 8}},
		{LayerNorm{Eps: 0.25, RMS: true}, []Shape{s}, s, Count{Params: 4}},
		{LayerNorm{Eps: 0.25}, []Shape{{2, 2, 35}}, Shape{2, 2, 35}, Count{Params: 70}},
	}
}
