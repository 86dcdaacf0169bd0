package sdk

import "fmt"

// LeakyReLU is x where x is positive, and Slope·x elsewhere.
type LeakyReLU struct {
	Slope float32 // from 0 to 1
}

// LeakyReLU appends a leaky rectifier with the field's usual slope 0.01.
func (t Tensor) LeakyReLU() Tensor { return t.g.Add(LeakyReLU{Slope: 0.01}, t) }

// Kind is "leaky_relu".
func (LeakyReLU) Kind() string { return "leaky_relu" }

// Infer keeps the shape.
func (l LeakyReLU) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && !(l.Slope >= 0 && l.Slope <= 1) {
		err = fmt.Errorf("slope %g is not from 0 to 1", l.Slope)
	}
	return x, err
}

// Params returns none.
func (LeakyReLU) Params([]Shape) []Param { return nil }

// MACs returns 0, as those of activations do.
func (LeakyReLU) MACs([]Shape) int64 { return 0 }

// Examples have a slope that shows in the result.
func (LeakyReLU) Examples() []Example {
	s := Shape{3, 2, 4}
	return []Example{{LeakyReLU{Slope: 0.25}, []Shape{s}, s, Count{}}}
}
