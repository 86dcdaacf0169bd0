package statistics

import (
	"cmp"
	"math"
	"slices"

	"github.com/nse-dev/nse/internal/random"
)

// Ranking is how methods rank over blocks, such as seeds.
type Ranking struct {
	Ranks      []float64 `json:"ranks"`      // mean rank of each method, 1 is best
	Friedman   float64   `json:"friedman"`   // Friedman's χ², corrected for ties
	P          float64   `json:"p"`          // of so great a χ² by chance, from permutations within blocks
	Difference float64   `json:"difference"` // critical: mean ranks that differ by more tell methods apart (Nemenyi)
}

// nemenyi has the quantile of the studentised range for infinitely many degrees of freedom, divided by √2, for 2 to 20
// methods and α = 0.05. Table 5a of Demšar (Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7,
// 2006) has the first nine.
var nemenyi = []float64{1.959964, 2.343701, 2.569032, 2.727774, 2.849705, 2.948320, 3.030879, 3.101730, 3.163684,
	3.218654, 3.268004, 3.312739, 3.353618, 3.391230, 3.426041, 3.458425, 3.488685, 3.517073, 3.543799}

// permutations is the number of draws behind Ranking.P.
const permutations = 9999

// Rank ranks methods in each block by their value, the greatest first, and compares the mean ranks. The test is
// Friedman's (1937), and the critical difference Nemenyi's (1963), as Demšar (2006) has them.
//
// The value of method m in block b is values[b][m]. Equal values share the mean of their ranks. It reports false for
// fewer than two blocks, fewer than 2 and more than 20 methods.
func Rank(values [][]float64) (r Ranking, ok bool) {
	if len(values) < 2 || len(values[0]) < 2 || len(values[0]) > len(nemenyi)+1 {
		return Ranking{}, false
	}
	k, n := float64(len(values[0])), float64(len(values))
	ranks, ties := make([][]float64, len(values)), 0.
	for b, block := range values {
		var tied float64
		ranks[b], tied = midranks(block)
		ties += tied
	}
	r.Ranks = means(ranks)
	r.Difference = nemenyi[len(r.Ranks)-2] * math.Sqrt(k*(k+1)/(6*n))
	if within := 1 - ties/(n*k*(k*k-1)); within > 0 {
		r.Friedman = 12 * n / (k * (k + 1)) * spread(r.Ranks) / within
	}
	r.P = chance(ranks)
	return r, true
}

// chance is the part of the ways to permute the ranks within blocks that spread the means as much, or more. The
// way that they have counts as one of them. Unlike the F of Iman and Davenport, it holds for few blocks.
func chance(ranks [][]float64) float64 {
	drawn := make([][]float64, len(ranks))
	for b := range ranks {
		drawn[b] = slices.Clone(ranks[b])
	}
	least := spread(means(ranks)) - 1e-9
	r := random.New(1, "permuted ranks", 0, 0, 0)
	as := 1
	for range permutations {
		for _, block := range drawn {
			r.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
		}
		if spread(means(drawn)) >= least {
			as++
		}
	}
	return float64(as) / (permutations + 1)
}

// means are the mean ranks of methods over blocks.
func means(ranks [][]float64) []float64 {
	mean := make([]float64, len(ranks[0]))
	for _, block := range ranks {
		for m, rank := range block {
			mean[m] += rank / float64(len(ranks))
		}
	}
	return mean
}

// spread is the sum of squares of mean ranks about their centre.
func spread(ranks []float64) (sum float64) {
	for _, rank := range ranks {
		d := rank - float64(len(ranks)+1)/2
		sum += d * d
	}
	return sum
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
