// Package difference compares gradients with central differences of a loss that is computed in float32.
package difference

import "math"

// The steps h of central differences. Those of float32 sums with the narrow step are good to a few thousandths of the
// largest gradient, where gradients are not small throughout. The wide step makes less noise, and meets more kinks.
const narrowStep, wideStep = 4e-3, 1.2e-2

// Compare compares some elements of the gradient of v, at most that many, with central differences of loss. It
// returns the greatest distance and the greatest narrow difference. It puts every element of v back.
//
// A distance is that from the nearer of two differences. The narrow one is seldom across a kink. The wide one is
// Richardson's extrapolation from two steps, whose error grows with h⁴ in place of h².
func Compare(v, grad []float32, most int, loss func() float64) (worst, largest float64) {
	for i := 0; i < len(v); i += 1 + len(v)/most {
		narrow := central(v, i, narrowStep, loss)
		wide := (4*central(v, i, wideStep, loss) - central(v, i, 2*wideStep, loss)) / 3
		off := math.Min(math.Abs(float64(grad[i])-narrow), math.Abs(float64(grad[i])-wide))
		worst, largest = math.Max(worst, off), math.Max(largest, math.Abs(narrow))
	}
	return worst, largest
}

// central is the difference for element i of v:
//
//	(loss(v + h) − loss(v − h))/2h
func central(v []float32, i int, h float32, loss func() float64) float64 {
	old := v[i]
	v[i] = old + h
	up, to := loss(), v[i]
	v[i] = old - h
	down, from := loss(), v[i]
	v[i] = old
	return (up - down) / (float64(to) - float64(from))
}
