package fitness

import (
	"math"
	"slices"
)

// adamEpsilon is ε of Adam.
const adamEpsilon = 1e-8

// Adam is the optimizer of θ.
type Adam struct {
	LR    float64
	Beta1 float64 // decay of the gradient's mean
	Beta2 float64 // decay of the gradient's square
}

// Step returns a fitness after one update by a gradient, given by layer and operation: a step towards the minimum of
// the expected loss over θ (eq. 3). A layer with a nil gradient stays as it is. So do operations that have been
// dropped.
func (a Adam) Step(f Fitness, gradient [][]float64) Fitness {
	next := slices.Clone(f)
	for l, g := range gradient {
		if g != nil {
			next[l] = a.step(f[l], g)
		}
	}
	return next
}

// step takes one step on one layer.
func (a Adam) step(f Layer, gradient []float64) Layer {
	f.Theta, f.Mean, f.Square = slices.Clone(f.Theta), slices.Clone(f.Mean), slices.Clone(f.Square)
	f.Updates++
	correct1, correct2 := 1-math.Pow(a.Beta1, float64(f.Updates)), 1-math.Pow(a.Beta2, float64(f.Updates))
	for i, g := range gradient {
		if f.Dropped[i] {
			continue
		}
		f.Mean[i] = a.Beta1*f.Mean[i] + (1-a.Beta1)*g
		f.Square[i] = a.Beta2*f.Square[i] + (1-a.Beta2)*g*g
		f.Theta[i] -= a.LR * (f.Mean[i] / correct1) / (math.Sqrt(f.Square[i]/correct2) + adamEpsilon)
	}
	return f
}
