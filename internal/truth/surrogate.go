package truth

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/predictor"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/statistics"
)

// Surrogate says how accurate any architecture is, after the table (Siems et al., Surrogate NAS Benchmarks: Going
// Beyond the Limited Search Spaces of Tabular NAS Benchmarks, ICLR 2022). The level of an architecture is its test
// accuracy after the last of the recipe's ends.
//
// Architectures of the table have the mean level of their trainings. All others have that of a predictor which was
// fitted to these means, and a residual as large as the predictor's own. The residual follows from the architecture
// alone, so that no search profits from having the same predictor. What a training comes to is a line in the level,
// with normal noise: one line for each length in the table.
type Surrogate struct {
	// Tau compares the levels with those that the predictor has for architectures which are left out, one by one.
	Tau statistics.Correlation

	table    *Table
	model    *predictor.Predictor
	known    map[string]float64 // levels by the keys of architectures
	residual float64            // standard deviation of what the predictor does not know
	spread   float64            // standard deviation of the known levels
	held     []line             // on held-out images, by ascending epochs
	final    line               // on test images, after the most epochs
}

// line says what trainings for some epochs come to: alpha + beta·level, and normal noise of a standard deviation.
type line struct {
	epochs           int
	alpha, beta, dev float64
}

// Surrogate fits one to a table. Too few rows are an error. Longer trainings are left out while there are too few.
func (t *Table) Surrogate() (*Surrogate, error) {
	s := &Surrogate{table: t, known: map[string]float64{}}
	few := fmt.Errorf("%s has too few rows for a surrogate", t.dir)
	levels := t.levels(0)
	var trials []evolve.Trial
	var y []float64
	for _, a := range common(levels, levels) {
		s.known[t.Archs[a].Key()] = levels[a]
		y = append(y, levels[a])
		trials = append(trials, evolve.Trial{Done: true,
			Member: evolve.Member{Arch: t.Archs[a], Epochs: t.last(), Accuracy: levels[a]}})
	}
	var err error
	if s.model, err = predictor.Fit(t.problem, trials); err != nil {
		return nil, fmt.Errorf("%w: %w", few, err)
	}
	left := s.model.LeaveOneOut()
	s.spread = stat.StdDev(y, nil)
	s.Tau, _ = statistics.Kendall(left, y)
	within := 0. // variance
	if spread := t.seeds(); spread != nil {
		within = spread.Within * spread.Within
	}
	s.residual = math.Sqrt(max(0, stat.Variance(statistics.Differences(y, left), nil)-within))
	for _, l := range t.lengths() {
		held, enough := t.line(l.cycles, l.epochs, held)
		if !enough {
			continue
		}
		s.held = append(s.held, held)
		if l.epochs >= s.final.epochs {
			s.final, _ = t.line(l.cycles, l.epochs, test)
		}
	}
	if s.at(t.last()).epochs < t.last() {
		return nil, few
	}
	slices.SortFunc(s.held, func(a, b line) int { return a.epochs - b.epochs })
	return s, nil
}

// levels is the mean level of the trainings of an architecture, without those of a seed. The seed 0 leaves none out.
func (t *Table) levels(without int) map[int]float64 {
	sum, n := map[int]float64{}, map[int]float64{}
	for _, r := range t.Rows {
		if r.Seed != without && r.Epochs == t.last() && r.Ends == (job{ends: t.Recipe.Ends}.text()) {
			sum[r.Arch] += r.Test
			n[r.Arch]++
		}
	}
	for a := range sum {
		sum[a] /= n[a]
	}
	return sum
}

// line fits that of trainings for some epochs. The level of a training is that of the other seeds of its architecture,
// so that both do not have the same noise. Where fewer than five architectures have other seeds it is that of all.
func (t *Table) line(cycles string, epochs int, of func(Row) float64) (l line, ok bool) {
	var x, y []float64
	add := func(seed int, levels map[int]float64) {
		column := t.column(seed, cycles, epochs, of)
		both := common(column, levels)
		x, y = append(x, picked(levels, both)...), append(y, picked(column, both)...)
	}
	for seed := 1; seed <= t.Recipe.Seeds; seed++ {
		add(seed, t.levels(seed))
	}
	if len(x) < 5 {
		x, y = nil, nil
		add(1, t.levels(0))
	}
	if len(x) < 3 || slices.Min(x) == slices.Max(x) {
		return line{}, false
	}
	l.epochs = epochs
	l.alpha, l.beta = stat.LinearRegression(x, y, nil, false)
	squares := 0.
	for i := range x {
		d := y[i] - l.alpha - l.beta*x[i]
		squares += d * d
	}
	l.dev = math.Sqrt(squares / float64(len(x)-2))
	return l, true
}

// at is the line of a number of epochs: between two lines by the logarithm of epochs, and the nearest one beyond them.
func (s *Surrogate) at(epochs int) line {
	if len(s.held) == 0 {
		return line{}
	}
	i := slices.IndexFunc(s.held, func(l line) bool { return l.epochs >= epochs })
	switch {
	case i < 0:
		return s.held[len(s.held)-1]
	case i == 0 || s.held[i].epochs == epochs:
		return s.held[i]
	}
	a, b := s.held[i-1], s.held[i]
	w := math.Log(float64(epochs)/float64(a.epochs)) / math.Log(float64(b.epochs)/float64(a.epochs))
	mix := func(x, y float64) float64 { return x + w*(y-x) }
	return line{epochs, mix(a.alpha, b.alpha), mix(a.beta, b.beta), mix(a.dev, b.dev)}
}

// Level is the level of an architecture.
func (s *Surrogate) Level(a evolve.Arch) float64 {
	key := a.Key()
	if level, there := s.known[key]; there {
		return level
	}
	return s.model.Mean(a) + s.residual*random.New(0, "residual "+key, 0, 0, 0).NormFloat64()
}

// Held is the held-out accuracy after some epochs of a training with a seed, 0 to 1.
func (s *Surrogate) Held(a evolve.Arch, epochs int, seed uint64) float64 {
	return s.trained(s.at(epochs), random.New(seed, "held-out "+a.Key(), epochs, 0, 0).NormFloat64(), a)
}

// Test is the test accuracy after the most epochs of a training with a seed, 0 to 1.
func (s *Surrogate) Test(a evolve.Arch, seed uint64) float64 {
	return s.trained(s.final, random.New(seed, "test "+a.Key(), 0, 0, 0).NormFloat64(), a)
}

func (s *Surrogate) trained(l line, noise float64, a evolve.Arch) float64 {
	return max(0, min(1, l.alpha+l.beta*s.Level(a)+l.dev*noise))
}
