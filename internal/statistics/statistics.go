// Package statistics compares methods by what they reached over seeds: means with intervals, ranks, correlations and
// distributions.
//
// Equal numbers give equal results, to the bit: what is drawn follows from a seed. A function that has too few numbers
// for an answer says so by its last result.
package statistics

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Level is the confidence of all intervals.
const Level = 0.95

// Interval is a confidence interval. Both ends belong to it.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Mean is the mean of x with Student's interval: mean ± t·s/√n, where t is the quantile of n − 1 degrees of freedom.
// Differences of pairs make it the paired interval. It reports false for fewer than two numbers. The mean of none is 0.
func Mean(x []float64) (mean float64, i Interval, ok bool) {
	if len(x) == 0 {
		return 0, Interval{}, false
	}
	mean = stat.Mean(x, nil)
	if len(x) == 1 {
		return mean, Interval{}, false
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(x) - 1)}.Quantile((1 + Level) / 2)
	half := t * stat.StdErr(stat.StdDev(x, nil), float64(len(x)))
	return mean, Interval{mean - half, mean + half}, true
}

// Differences are x − y, pair by pair. Both must be equally long.
func Differences(x, y []float64) []float64 {
	d := make([]float64, len(x))
	for i := range x {
		d[i] = x[i] - y[i]
	}
	return d
}

// normal is the normal distribution's quantile of 0.975.
const normal = 1.959963984540054

// fisher is the interval of a correlation r by Fisher's z = atanh r, whose standard error is given.
func fisher(r, err float64) Interval {
	z := math.Atanh(r)
	return Interval{math.Tanh(z - normal*err), math.Tanh(z + normal*err)}
}
