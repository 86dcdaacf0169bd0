package sdk

import "fmt"

// Softmax makes the channels of each pixel positive numbers whose sum is 1: y[c] = exp(x[c])/Σ exp(x). It does so for
// each of Groups equal parts of the channels by itself.
type Softmax struct {
	Groups int // such as the heads of an attention; it divides the channels
}

// Softmax appends a softmax over each of groups equal parts of the channels. With 1 it is over all of them.
func (t Tensor) Softmax(groups int) Tensor { return t.g.Add(Softmax{groups}, t) }

// Kind is "softmax".
func (Softmax) Kind() string { return "softmax" }

// Infer keeps the shape.
func (s Softmax) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	if err == nil && (s.Groups < 1 || x.Channels%s.Groups != 0) {
		err = fmt.Errorf("%d groups do not divide %d channels", s.Groups, x.Channels)
	}
	return x, err
}

// Params returns none.
func (Softmax) Params([]Shape) []Param { return nil }

// MACs returns 0, as those of activations do.
func (Softmax) MACs([]Shape) int64 { return 0 }

// Examples have one group and two, and fill no whole vectors.
func (Softmax) Examples() []Example {
	s := Shape{2, 3, 6}
	return []Example{
		{Softmax{1}, []Shape{s}, s, Count{}},
		{Softmax{2}, []Shape{s}, s, Count{}},
		{Softmax{1}, []Shape{{1, 1, 19}}, Shape{1, 1, 19}, Count{}},
	}
}
