package statistics

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Ranking is how methods rank over blocks, such as seeds.
type Ranking struct {
	Ranks      []float64 `json:"ranks"`      // mean rank of each method, 1 is best
	Friedman   float64   `json:"friedman"`   // Friedman's χ², corrected for ties
	P          float64   `json:"p"`          // of the F of Iman and Davenport: 1 says that all are alike
	Difference float64   `json:"difference"` // critical: mean ranks that differ by more tell methods apart (Nemenyi)
}

// nemenyi has the quantile of the studentised range for infinitely many degrees of freedom, divided by √2, for 2 to 20
// methods and α = 0.05. Table 5a of Demšar (Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7,
// 2006) has the first nine.
var nemenyi = []float64{1.959964, 2.343701, 2.569032, 2.727774, 2.849705, 2.948320, 3.030879, 3.101730, 3.163684,
	3.218654, 3.268004, 3.312739, 3.353618, 3.391230, 3.426041, 3.458425, 3.488685, 3.517073, 3.543799}

// Rank ranks methods in each block by their value, the greatest first, and compares the mean ranks. The tests are those
// of Friedman (1937), Iman and Davenport (1980) and Nemenyi (1963), as Demšar (2006) has them.
//
// The value of method m in block b is values[b][m]. Equal values share the mean of their ranks.
//
// It reports false for fewer than two blocks, fewer than 2 and more than 20 methods.
func Rank(values [][]float64) (r Ranking, ok bool) {
	blocks := len(values)
	if blocks < 2 || len(values[0]) < 2 || len(values[0]) > len(nemenyi)+1 {
		return Ranking{}, false
	}
	k, n := float64(len(values[0])), float64(blocks)
	r.Ranks = make([]float64, len(values[0]))
	ties := 0.
	for _, block := range values {
		ranks, tied := midranks(block)
		for m, rank := range ranks {
			r.Ranks[m] += rank / n
		}
		ties += tied
	}
	spread := 0.
	for _, rank := range r.Ranks {
		spread += (rank - (k+1)/2) * (rank - (k+1)/2)
	}
	r.Difference = nemenyi[len(r.Ranks)-2] * math.Sqrt(k*(k+1)/(6*n))
	r.P = 1
	if within := 1 - ties/(n*k*(k*k-1)); within > 0 {
		r.Friedman = 12 * n / (k * (k + 1)) * spread / within
		r.P = imanDavenport(r.Friedman, k, n)
	}
	return r, true
}

// imanDavenport is the probability that chance alone makes Friedman's χ² so great.
func imanDavenport(chi, k, n float64) float64 {
	rest := n*(k-1) - chi
	if rest <= 0 { // all blocks rank alike
		return 0
	}
	return distuv.F{D1: k - 1, D2: (k - 1) * (n - 1)}.Survival((n - 1) * chi / rest)
}

// midranks ranks values, the greatest first. ties is Σ(t³ − t) over groups of t equal ones.
func midranks(values []float64) (ranks []float64, ties float64) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	ranks = make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+1+to) / 2
		}
		t := float64(to - from)
		ties += t*t*t - t
		from = to
	}
	return ranks, ties
}
