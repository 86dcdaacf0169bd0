package bench

import (
	"math"
	"slices"
	"time"
)

// leastTimes goes through steps so many times and returns the least seconds of each.
func leastTimes(now func() time.Time, passes, steps int, step func(i int) error) ([]float64, error) {
	least := slices.Repeat([]float64{math.Inf(1)}, steps)
	for range passes {
		for i := range least {
			start := now()
			if err := step(i); err != nil {
				return nil, err
			}
			least[i] = min(least[i], now().Sub(start).Seconds())
		}
	}
	return least, nil
}

// median is the middle one, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// round keeps so many digits after the point.
func round(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}
