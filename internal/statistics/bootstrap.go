package statistics

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/nse-dev/nse/internal/random"
)

// draws is the number of resamples of a bootstrap.
const draws = 1999

// BootstrapT is the interval of the mean of x by the studentised bootstrap (Efron and Tibshirani, An Introduction to
// the Bootstrap, 1993, chapter 12.5). Resamples give the quantiles of t = (mean − mean of x)/error, in place of
// Student's.
//
// Unlike the percentiles of resampled means, it covers its level for few numbers. A resample of one number alone has
// an infinite t. So there is no answer for fewer than four numbers, nor for many equal ones: it reports false.
func BootstrapT(x []float64, seed uint64) (i Interval, ok bool) {
	if len(x) < 2 {
		return Interval{}, false
	}
	mean, err := stat.Mean(x, nil), standardError(x)
	if err == 0 {
		return Interval{mean, mean}, true
	}
	r := random.New(seed, "bootstrap", 0, 0, 0)
	t, again := make([]float64, draws), make([]float64, len(x))
	for d := range t {
		for j := range again {
			again[j] = x[r.IntN(len(x))]
		}
		t[d] = (stat.Mean(again, nil) - mean) / standardError(again)
	}
	slices.Sort(t)
	const tail = (1 - Level) / 2
	low, high := t[int(tail*(draws+1))-1], t[int((1-tail)*(draws+1))-1]
	i = Interval{mean - high*err, mean - low*err}
	return i, !math.IsInf(low, 0) && !math.IsInf(high, 0) && !math.IsNaN(low) && !math.IsNaN(high)
}

// standardError is that of the mean of x.
func standardError(x []float64) float64 { return stat.StdErr(stat.StdDev(x, nil), float64(len(x))) }
