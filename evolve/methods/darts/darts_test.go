package darts

import (
	"math"
	"testing"

	"github.com/nse-dev/nse/evolve/methods/relaxation"
)

func TestUpdateByHand(t *testing.T) {
	p := relaxation.Parameters{
		Alpha:  [][]float64{{0, math.Log(2), math.Log(5)}},
		Mean:   [][]float64{{0, 0, 0}},
		Square: [][]float64{{0, 0, 0}},
	}
	c := Config{LR: 0.01, Decay: 0.1}
	// p is 1/8, 2/8, 5/8, and the mean of the products 8, 4, 0 is 2: the gradient is 6/8, 4/8, −10/8. At 4875 updates,
	// a quarter of the paper's, the rate is 0.02. The first step of Adam is the rate, against the gradient's sign.
	first := c.update(p, [][]float64{{8, 4, 0}}, 4875)
	gradient := []float64{6. / 8, 4./8 + 0.1*math.Log(2), -10./8 + 0.1*math.Log(5)}
	for i, sign := range []float64{-1, -1, 1} {
		if want := p.Alpha[0][i] + sign*0.02; math.Abs(first.Alpha[0][i]-want) > 1e-7 {
			t.Errorf("choice %d: α = %v, want %v", i, first.Alpha[0][i], want)
		}
		if want := 0.5 * gradient[i]; math.Abs(first.Mean[0][i]-want) > 1e-12 {
			t.Errorf("choice %d: mean %v of the gradient, want %v", i, first.Mean[0][i], want)
		}
		if want := 0.001 * gradient[i] * gradient[i]; math.Abs(first.Square[0][i]-want) > 1e-12 {
			t.Errorf("choice %d: mean square %v of the gradient, want %v", i, first.Square[0][i], want)
		}
	}
}
