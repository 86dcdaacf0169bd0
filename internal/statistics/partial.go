package statistics

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Partial is a correlation of two things when a third is given.
type Partial struct {
	N int     `json:"n"`
	R float64 `json:"r"`
	Interval
}

// PartialOf is the correlation of x and y given z: that of what a line in z leaves of both. The interval is Fisher's,
// with error 1/√(n − 4). It reports false for fewer than five, and where z alone determines x or y.
func PartialOf(x, y, z []float64) (p Partial, ok bool) {
	if len(x) < 5 {
		return Partial{}, false
	}
	xy, xz, yz := stat.Correlation(x, y, nil), stat.Correlation(x, z, nil), stat.Correlation(y, z, nil)
	norm := math.Sqrt((1 - xz*xz) * (1 - yz*yz))
	if !(norm > 1e-12) { // NaN too: something is constant
		return Partial{}, false
	}
	r := max(-1, min(1, (xy-xz*yz)/norm))
	return Partial{len(x), r, fisher(r, 1/math.Sqrt(float64(len(x)-4)))}, true
}
