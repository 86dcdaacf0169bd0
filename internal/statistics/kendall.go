package statistics

import "math"

// Correlation is how far two rankings of the same things agree.
type Correlation struct {
	N    int     `json:"n"`    // things
	Tau  float64 `json:"tau"`  // Kendall's τ-b: 1 for equal rankings, −1 for opposite ones
	Low  float64 `json:"low"`  // of its 95 % confidence interval
	High float64 `json:"high"` // of its 95 % confidence interval
}

// Kendall compares the rankings by x and by y, which must be equally long. It reports false where there is nothing to
// compare: fewer than two things, or all of them equal in x or in y.
//
// τ-b leaves ties out of its norm (Kendall, The treatment of ties in ranking problems, Biometrika 33, 1945). The
// interval holds the values of τ for which the sample is within 1.96 standard deviations. The variance is 2(1−τ²)/n,
// the greatest that a ranking of n can have (Daniels and Kendall, Biometrika 34, 1947). So the interval is wide rather
// than narrow, and does not vanish for a few things that are ranked alike.
func Kendall(x, y []float64) (c Correlation, ok bool) {
	var agree, tiedX, tiedY, pairs float64
	for i := range x {
		for j := range i {
			a, b := sign(x[i]-x[j]), sign(y[i]-y[j])
			agree += a * b
			tiedX, tiedY, pairs = tiedX+1-a*a, tiedY+1-b*b, pairs+1
		}
	}
	if pairs == tiedX || pairs == tiedY {
		return Correlation{}, false
	}
	tau := agree / math.Sqrt((pairs-tiedX)*(pairs-tiedY))
	w := 2 * normal * normal / float64(len(x))
	half := math.Sqrt(w * (1 + w - tau*tau)) // (τ−t)² = w(1−τ²), solved for τ
	return Correlation{len(x), tau, max(-1, (tau-half)/(1+w)), min(1, (tau+half)/(1+w))}, true
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// Fisher is the interval of τ by Fisher's z with error √(0.437/(n − 4)) (Bonett and Wright, Psychometrika 65, 2000).
// It is narrower than that of Kendall, and holds where x and y are about normal. It reports false for fewer than ten.
func (c Correlation) Fisher() (i Interval, ok bool) {
	if c.N < 10 {
		return Interval{}, false
	}
	return fisher(c.Tau, math.Sqrt(0.437/float64(c.N-4))), true
}

// KendallAlike is Kendall's τ-b over those pairs alone that are alike in z: the smaller is at least 1 − tolerance of
// the greater. So it says how x ranks y at about equal z. pairs counts them. It reports false where none can be
// compared.
func KendallAlike(x, y, z []float64, tolerance float64) (tau float64, pairs int, ok bool) {
	var agree, inX, inY float64
	for i := range x {
		for j := range i {
			if min(z[i], z[j]) < (1-tolerance)*max(z[i], z[j]) {
				continue
			}
			a, b := sign(x[i]-x[j]), sign(y[i]-y[j])
			agree, inX, inY, pairs = agree+a*b, inX+a*a, inY+b*b, pairs+1
		}
	}
	if inX == 0 || inY == 0 {
		return 0, pairs, false
	}
	return agree / math.Sqrt(inX*inY), pairs, true
}
