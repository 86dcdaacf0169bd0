package statistics

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Step is a point of an empirical distribution function: Part of the numbers are at most X.
type Step struct {
	X    float64 `json:"x"`
	Part float64 `json:"part"`
}

// Distribution is the empirical distribution function of x, with a step at each of its values.
func Distribution(x []float64) (steps []Step) {
	sorted := slices.Sorted(slices.Values(x))
	for i, v := range sorted {
		if i+1 == len(sorted) || v < sorted[i+1] {
			steps = append(steps, Step{v, float64(i+1) / float64(len(sorted))})
		}
	}
	return steps
}

// Band is the half-width within which the whole true distribution function lies about that of n numbers, with
// confidence Level (Dvoretzky, Kiefer and Wolfowitz 1956, with the constant of Massart 1990). It is 1 for none.
func Band(n int) float64 {
	if n == 0 {
		return 1
	}
	return min(1, math.Sqrt(math.Log(2/(1-Level))/(2*float64(n))))
}

// Apart is the greatest distance of the distribution functions of x and y, and the critical distance. Chance alone
// exceeds √(ln(2/α)/2)·√(1/n + 1/m) in a part of α = 1 − Level of cases (Smirnov 1948). Without numbers nothing is
// apart.
func Apart(x, y []float64) (distance, critical float64) {
	if len(x) == 0 || len(y) == 0 {
		return 0, 1
	}
	critical = min(1, math.Sqrt(math.Log(2/(1-Level))/2*(1/float64(len(x))+1/float64(len(y)))))
	return stat.KolmogorovSmirnov(slices.Sorted(slices.Values(x)), nil, slices.Sorted(slices.Values(y)), nil), critical
}
