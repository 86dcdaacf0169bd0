package relaxation

import (
	"cmp"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve"
)

// buckets is the number of parts that costs up to the end of the interval are sorted into.
const buckets = 1 << 12

// partial is the most probable choice of the first layers among those of about equal cost.
type partial struct {
	log    float64 // sum of the logarithms of the probabilities
	cost   float64 // with stem and head
	from   int     // bucket of the layer before
	choice int
	known  bool
}

// Probable returns the n most probable architectures whose costs lie in the constraint interval, the most probable
// first, and fewer if there are not so many. They differ in cost: of architectures whose costs, or whose first layers'
// costs, are equal up to 1/4096 of the interval's end, the most probable alone counts. A layer chooses by its own
// probabilities, independently of the others. A choice of probability 0 does not count.
func Probable(
	problem evolve.Problem, c evolve.ConstraintConfig, choices [][]evolve.Path, probabilities [][]float64, n int,
) []evolve.Arch {
	t := newTable(problem, c, choices, probabilities)
	last := t.layers[len(choices)]
	var ends []int
	for b, e := range last {
		if e.known && e.cost >= c.Low() && e.cost <= c.High() {
			ends = append(ends, b)
		}
	}
	slices.SortStableFunc(ends, func(a, b int) int { return cmp.Compare(last[b].log, last[a].log) })
	archs := make([]evolve.Arch, 0, n)
	for _, b := range ends[:min(n, len(ends))] {
		archs = append(archs, t.arch(b))
	}
	return archs
}

// table is a dynamic program over layers and costs.
type table struct {
	choices [][]evolve.Path
	layers  [][]partial // after so many layers, by bucket of cost
}

func newTable(
	problem evolve.Problem, c evolve.ConstraintConfig, choices [][]evolve.Path, probabilities [][]float64,
) table {
	t := table{choices, [][]partial{make([]partial, buckets+1)}}
	bucket := func(cost float64) int { return int(cost / c.High() * buckets) }
	if problem.Fixed <= c.High() {
		t.layers[0][bucket(problem.Fixed)] = partial{cost: problem.Fixed, known: true}
	}
	for l, paths := range choices {
		next := make([]partial, buckets+1)
		for from, e := range t.layers[l] {
			if !e.known {
				continue
			}
			for i, path := range paths {
				cost := e.cost
				for _, op := range path {
					cost += problem.Pool[op].Cost[l]
				}
				log := e.log + math.Log(probabilities[l][i])
				if cost > c.High() || math.IsInf(log, -1) {
					continue
				}
				if to := &next[bucket(cost)]; !to.known || log > to.log {
					*to = partial{log, cost, from, i, true}
				}
			}
		}
		t.layers = append(t.layers, next)
	}
	return t
}

// arch is the architecture that ends in a bucket.
func (t table) arch(b int) evolve.Arch {
	a := make(evolve.Arch, len(t.choices))
	for l := len(a) - 1; l >= 0; l-- {
		e := t.layers[l+1][b]
		a[l], b = t.choices[l][e.choice], e.from
	}
	return a
}
