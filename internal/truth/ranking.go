package truth

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/statistics"
)

// Summary is what a table comes to so far.
type Summary struct {
	Parts   []Part   `json:"parts"`
	Lengths []Length `json:"lengths"`
	// Seeds compares seeds with architectures, for the last of the recipe's ends. It is nil without repeated trainings.
	Seeds *Seeds `json:"seeds,omitempty"`
	// Rankings compare what ranks architectures with the test accuracy after the last of the recipe's ends, seed 1.
	Rankings []Ranking `json:"rankings"`
	// Stacks are the architectures with one operation in every layer, and Others the rest, after the same epochs.
	Stacks Group `json:"stacks"`
	Others Group `json:"others"`
}

// Part is how many trainings of a part the table has, and how many it will have.
type Part struct {
	Part int `json:"part"`
	Done int `json:"done"`
	All  int `json:"all"`
}

// Group is the test accuracies of some architectures. The deviation is that of a sample.
type Group struct {
	N         int     `json:"n"`
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
	Best      float64 `json:"best"`
}

// Length is the accuracies with seed 1 after some epochs in all.
type Length struct {
	Epochs int    `json:"epochs"`
	Cycles string `json:"cycles"`
	Group
}

// Seeds is a spread over seeds beside that over architectures, and what it means for rankings.
type Seeds struct {
	Architectures int     `json:"architectures"` // with two seeds or more
	Within        float64 `json:"within"`        // standard deviation of the trainings of an architecture
	Between       float64 `json:"between"`       // standard deviation of architectures, that within taken out
	// Ceiling is the expected τ of the true order with one training of each: 2/π·arcsin √ρ for normal accuracies, where
	// ρ = between²/(between² + within²).
	Ceiling float64 `json:"ceiling"`
	// Two is τ between the trainings of seed 1 and of seed 2. It is nil where it cannot be told.
	Two *statistics.Correlation `json:"two_seeds,omitempty"`
}

// Ranking is how well something ranks architectures by their true accuracies.
type Ranking struct {
	By          string                 `json:"by"`
	Correlation statistics.Correlation `json:"tau"`
	// Partial is the correlation given MACs. It is nil where MACs alone determine the ranking, or of too few.
	Partial *statistics.Partial `json:"partial,omitempty"`
}

// Summary summarises the rows that there are.
func (t *Table) Summary() Summary {
	var s Summary
	for part := 1; part <= t.Recipe.Parts; part++ {
		all := len(t.Recipe.jobs(part))
		s.Parts = append(s.Parts, Part{part, all - len(t.missing(part, t.Rows)), all})
	}
	for _, l := range t.lengths() {
		s.Lengths = append(s.Lengths, Length{l.epochs, l.cycles, groupOf(t.column(1, l.cycles, l.epochs, test))})
	}
	s.Seeds = t.seeds()
	s.Rankings = t.rankings()
	truth := t.truth()
	stacks, others := map[int]float64{}, map[int]float64{}
	for a, v := range truth {
		if t.stack(a) {
			stacks[a] = v
		} else {
			others[a] = v
		}
	}
	s.Stacks, s.Others = groupOf(stacks), groupOf(others)
	return s
}

// length is the cycles of a training, and the epochs done of them.
type length struct {
	cycles string
	epochs int
}

// lengths lists those of the recipe.
func (t *Table) lengths() (list []length) {
	for _, e := range t.Recipe.Ends {
		list = append(list, length{job{ends: t.Recipe.Ends}.text(), e})
	}
	if n := t.Recipe.LongerEpochs; t.Recipe.Longer > 0 && !slices.Contains(t.Recipe.Ends, n) {
		list = append(list, length{fmt.Sprint(n), n})
	}
	return list
}

// test is the accuracy of a row on test images.
func test(r Row) float64 { return r.Test }

// held is the accuracy of a row on held-out images.
func held(r Row) float64 { return r.Held }

// last is the greatest of the recipe's ends.
func (t *Table) last() int { return t.Recipe.Ends[len(t.Recipe.Ends)-1] }

// truth is the test accuracy after the last of the recipe's ends, with seed 1, by architecture.
func (t *Table) truth() map[int]float64 {
	return t.column(1, job{ends: t.Recipe.Ends}.text(), t.last(), test)
}

// column is an accuracy of the rows with a seed and cycles, after some epochs, by architecture.
func (t *Table) column(seed int, cycles string, epochs int, of func(Row) float64) map[int]float64 {
	list := map[int]float64{}
	for _, r := range t.Rows {
		if r.Seed == seed && r.Ends == cycles && r.Epochs == epochs {
			list[r.Arch] = of(r)
		}
	}
	return list
}

// common lists the keys that both have, ascending.
func common(a, b map[int]float64) (list []int) {
	for key := range a {
		if _, there := b[key]; there {
			list = append(list, key)
		}
	}
	slices.Sort(list)
	return list
}

// picked lists the values of keys.
func picked(from map[int]float64, keys []int) (list []float64) {
	for _, key := range keys {
		list = append(list, from[key])
	}
	return list
}

// groupOf is that of the values of a column. Sums have the order of architectures.
func groupOf(column map[int]float64) (g Group) {
	values := picked(column, common(column, column))
	if g.N = len(values); g.N == 0 {
		return g
	}
	g.Mean, g.Best = stat.Mean(values, nil), slices.Max(values)
	if g.N > 1 {
		g.Deviation = stat.StdDev(values, nil)
	}
	return g
}

// stack reports whether an architecture has one operation, the same in every layer.
func (t *Table) stack(arch int) bool {
	a := t.Archs[arch]
	return !slices.ContainsFunc(a, func(p evolve.Path) bool { return len(p) != 1 || p[0] != a[0][0] })
}

// seeds takes the spread over seeds from architectures that have several, and that over all from the trainings of seed
// 1: its variance is between² + within².
func (t *Table) seeds() *Seeds {
	cycles, n := job{ends: t.Recipe.Ends}.text(), 0
	var s Seeds
	squares := 0.
	for a := range t.Recipe.Repeated {
		var values []float64
		for _, r := range t.Rows {
			if r.Arch == a && r.Ends == cycles && r.Epochs == t.last() {
				values = append(values, r.Test)
			}
		}
		if len(values) > 1 {
			s.Architectures++
			n += len(values) - 1
			squares += float64(len(values)-1) * stat.Variance(values, nil)
		}
	}
	if n == 0 {
		return nil
	}
	within, all := squares/float64(n), groupOf(t.truth()).Deviation
	between := max(0, all*all-within)
	s.Within, s.Between = math.Sqrt(within), math.Sqrt(between)
	if between > 0 {
		s.Ceiling = 2 / math.Pi * math.Asin(math.Sqrt(between/(between+within)))
	}
	first, second := t.truth(), t.column(2, cycles, t.last(), test)
	both := common(first, second)
	if c, ok := statistics.Kendall(picked(first, both), picked(second, both)); ok {
		s.Two = &c
	}
	return &s
}

// rankings compares what a table knows of architectures with the truth.
func (t *Table) rankings() (list []Ranking) {
	truth, cycles := t.truth(), job{ends: t.Recipe.Ends}.text()
	macs, params, branches := map[int]float64{}, map[int]float64{}, map[int]float64{}
	for i, a := range t.Archs {
		count := t.catalog.Count(a)
		macs[i], params[i] = float64(count.MACs), float64(count.Params)
		for _, path := range a {
			branches[i] += float64(len(path))
		}
	}
	rank := func(by string, column map[int]float64) {
		both := common(column, truth)
		if r, ok := ranking(by, picked(column, both), picked(truth, both), picked(macs, both)); ok {
			list = append(list, r)
		}
	}
	rank("MACs", macs)
	rank("parameters", params)
	rank("branches", branches)
	for _, e := range t.Recipe.Ends {
		if e < t.last() {
			rank(fmt.Sprintf("held-out, %d of the same %d epochs", e, t.last()), t.column(1, cycles, e, held))
		}
	}
	for _, e := range t.Recipe.Ends {
		rank(fmt.Sprintf("held-out, epochs: %d, another seed", e), t.column(2, cycles, e, held))
	}
	if t.Recipe.Longer > 0 {
		n := t.Recipe.LongerEpochs
		rank(fmt.Sprintf("test, epochs: %d", n), t.column(1, fmt.Sprint(n), n, test))
	}
	return list
}

// ranking compares one ranking with the truth. It reports false where there is nothing to compare.
func ranking(by string, x, truth, macs []float64) (r Ranking, ok bool) {
	r.By = by
	if r.Correlation, ok = statistics.Kendall(x, truth); !ok {
		return r, false
	}
	if p, ok := statistics.PartialOf(x, truth, macs); ok {
		r.Partial = &p
	}
	return r, true
}
