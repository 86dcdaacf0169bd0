package study

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/statistics"
	"github.com/nse-dev/nse/pareto"
)

// Report is what a study comes to. Accuracies are 0 to 1, and those of candidates after training alone, on test images.
type Report struct {
	About
	Ended    int      `json:"ended"`    // items that have a row
	Versions []string `json:"versions"` // of nse, that made the rows
	Cells    []Cell   `json:"cells"`
}

// Cell compares the methods on one data set at one budget.
type Cell struct {
	Data    string    `json:"data"`
	Budget  float64   `json:"budget"`  // MACs; 0: as set
	Methods []Summary `json:"methods"` // in the order of the study; each Part of a method is one
	Steps   []Step    `json:"steps"`   // between parts
	// Ranking ranks those methods over the seeds at which all of them have a result. It is nil where too few have one.
	Ranking *Ranking `json:"ranking"`
}

// Ranking is how methods rank over seeds.
type Ranking struct {
	statistics.Ranking
	Methods []string `json:"methods"` // in the order of Ranks
	Seeds   int      `json:"seeds"`
}

// Summary is what a method reached over seeds. A seed counts by the mean of its finalists.
type Summary struct {
	Method   string               `json:"method"`
	Seeds    int                  `json:"seeds"`   // with a result
	Without  int                  `json:"without"` // searches that ended without a finalist
	Mean     float64              `json:"mean"`
	Interval *statistics.Interval `json:"interval"` // Student's, of the mean
	Best     float64              `json:"best"`     // of all finalists
	Spent    float64              `json:"spent"`    // mean MACs, with the training of finalists
	Seconds  float64              `json:"seconds"`  // mean
	MACs     float64              `json:"macs"`     // mean of a finalist, as it was trained
	// Difference compares the method with the reference. It is nil for the reference, and where they share no seed.
	Difference *Difference `json:"difference"`
	// Distribution is that of all finalists' accuracies, and Apart how far it is from the reference's.
	Distribution []statistics.Step `json:"distribution"`
	Apart        *Apart            `json:"apart"`
	// Tau is between the accuracy by which the search ranked its candidates and the one that each really has. AtEqual
	// takes only pairs of about equal MACs. Partial is the correlation given the MACs of the search. They are means
	// over seeds with at least five candidates, and nil without any.
	Tau     *Mean `json:"tau"`
	AtEqual *Mean `json:"tau_at_equal_cost"`
	Partial *Mean `json:"partial"`
	// Hypervolume is that of the front of the trained finalists, where they keep their own cost. It is in millions of
	// MACs × accuracy, up to the greatest cost of the cell.
	Hypervolume *Mean `json:"hypervolume"`

	of      string             // method of the study: Method may be a part of it
	points  []point            // finalists
	volumes map[uint64]float64 // hypervolumes by seed
}

// point is a trained finalist.
type point struct {
	key  Key
	macs float64 // millions
	test float64
}

// Mean is a mean over seeds, with Student's interval. Of one seed the interval is that of the figure itself, or nil.
type Mean struct {
	Seeds    int                  `json:"seeds"`
	Mean     float64              `json:"mean"`
	Interval *statistics.Interval `json:"interval"`
}

// Apart is how far two distributions of accuracies are from each other (Kolmogorov and Smirnov).
type Apart struct {
	Distance float64 `json:"distance"`
	Critical float64 `json:"critical"`
}

// Difference is a method less the reference, paired by seed.
type Difference struct {
	Seeds     int                  `json:"seeds"` // at which both have a result
	Mean      float64              `json:"mean"`
	Student   *statistics.Interval `json:"student"`   // paired t; nil for one seed
	Bootstrap *statistics.Interval `json:"bootstrap"` // studentised; nil for fewer than about four seeds
	Spent     float64              `json:"spent"`     // spent in proportion to the reference, less 1
	Verdict   Verdict              `json:"verdict"`
}

// Verdict is what intervals say of a difference.
type Verdict string

// The verdicts.
const (
	Above  Verdict = "above"
	Below  Verdict = "below"
	Untold Verdict = "cannot be told"
)

// verdict says on which side of 0 all intervals lie. Without any interval nothing can be told.
func verdict(intervals ...*statistics.Interval) Verdict {
	above, below, there := true, true, false
	for _, i := range intervals {
		if i != nil {
			above, below, there = above && i.Low > 0, below && i.High < 0, true
		}
	}
	switch {
	case there && above:
		return Above
	case there && below:
		return Below
	}
	return Untold
}

// ReportOn compares the methods of the study in dir with the one of a label, and empty means the study's own reference.
// The study may be unfinished, and another process may be running it.
func ReportOn(dir, reference string) (*Report, error) {
	s, err := Read(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	rows, err := s.Rows()
	if err != nil {
		return nil, err
	}
	return Compare(s.About, rows, reference)
}

// Compare compares the methods of a study, or their parts, with the reference. An empty reference is the study's own. A
// method that has parts stands for its first one. One that is none of them is an error.
func Compare(a About, rows []Row, reference string) (*Report, error) {
	if reference != "" {
		a.Reference = reference
	}
	ended := len(rows)
	columns, rows := a.split(rows)
	i := slices.IndexFunc(columns, func(c column) bool { return c.label == a.Reference || c.method == a.Reference })
	if i < 0 {
		var labels []string
		for _, c := range columns {
			labels = append(labels, c.label)
		}
		return nil, fmt.Errorf("reference %q: want one of %s", a.Reference, strings.Join(labels, ", "))
	}
	a.Reference = columns[i].label
	r := &Report{About: a, Ended: ended, Versions: []string{}, Cells: []Cell{}}
	var cells [][]Row // by data and budget
	for _, row := range rows {
		if !slices.Contains(r.Versions, row.Version) {
			r.Versions = append(r.Versions, row.Version)
		}
		i := slices.IndexFunc(cells, func(c []Row) bool {
			return c[0].Data == row.Data && c[0].Budget == row.Budget
		})
		if i < 0 {
			i = len(cells)
			cells = append(cells, nil)
		}
		cells[i] = append(cells[i], row)
	}
	slices.Sort(r.Versions)
	for _, c := range cells {
		r.Cells = append(r.Cells, a.cell(columns, c))
	}
	return r, nil
}

// cell compares the columns of one cell.
func (a About) cell(columns []column, rows []Row) Cell {
	c := Cell{Data: rows[0].Data, Budget: rows[0].Budget, Methods: []Summary{}, Steps: []Step{}}
	greatest := 0.
	for _, r := range rows {
		for _, k := range r.Candidates {
			greatest = max(greatest, float64(k.TestMACs)/1e6)
		}
	}
	values := map[string]map[uint64]float64{} // by method and seed
	for _, x := range columns {
		of := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Method != x.label })
		if len(of) == 0 {
			continue
		}
		s := a.summary(x, of, greatest)
		c.Methods, values[x.label] = append(c.Methods, s), bySeed(s.points)
	}
	c.compareParts()
	c.compare(a.Reference, values)
	c.rank(values)
	return c
}

// bySeed is the mean of the points of each seed.
func bySeed(points []point) map[uint64]float64 {
	sum, count := map[uint64]float64{}, map[uint64]float64{}
	for _, p := range points {
		sum[p.key.Seed] += p.test
		count[p.key.Seed]++
	}
	for seed := range sum {
		sum[seed] /= count[seed]
	}
	return sum
}

// summary is what a column reached, by its rows.
func (a About) summary(x column, rows []Row, greatest float64) Summary {
	s := Summary{Method: x.label, Distribution: []statistics.Step{}, of: x.method, volumes: map[uint64]float64{}}
	var accuracies []float64
	for _, r := range rows {
		var own []point
		for _, c := range r.Candidates {
			if c.Finalist && c.Test != nil {
				own = append(own, point{r.Key, float64(c.TestMACs) / 1e6, *c.Test})
			}
		}
		s.Spent += r.Ledger.MACs() / float64(len(rows))
		s.Seconds += r.Seconds / float64(len(rows))
		if len(own) == 0 {
			s.Without++
			continue
		}
		s.points = append(s.points, own...)
		s.volumes[r.Seed] = volume(own, greatest)
	}
	for _, p := range s.points {
		accuracies = append(accuracies, p.test)
		s.Best, s.MACs = max(s.Best, p.test), s.MACs+1e6*p.macs/float64(len(s.points))
	}
	values := bySeed(s.points)
	s.Seeds = len(values)
	s.Mean, s.Interval = meanOf(values)
	s.Distribution = append(s.Distribution, statistics.Distribution(accuracies)...)
	fronts := x.label != x.method || len(s.points) > len(s.volumes) // a front of a round may have one member
	if a.MACs == 0 && fronts {
		s.Hypervolume = overSeeds(inOrder(s.volumes, seedsOf(s.volumes)), nil)
	}
	a.agree(&s, rows)
	return s
}

// meanOf is the mean over seeds, in their order, with its interval.
func meanOf(values map[uint64]float64) (float64, *statistics.Interval) {
	m := overSeeds(inOrder(values, seedsOf(values)), nil)
	if m == nil {
		return 0, nil
	}
	return m.Mean, m.Interval
}

// overSeeds is a mean over seeds. one is the interval where there is one seed. It is nil without any.
func overSeeds(values []float64, one *statistics.Interval) *Mean {
	if len(values) == 0 {
		return nil
	}
	mean, interval, ok := statistics.Mean(values)
	if ok {
		one = &interval
	}
	return &Mean{len(values), mean, one}
}

// seedsOf lists the seeds at which all have a value, in ascending order.
func seedsOf(all ...map[uint64]float64) (seeds []uint64) {
	for seed := range all[0] {
		if !slices.ContainsFunc(all, func(v map[uint64]float64) bool { _, there := v[seed]; return !there }) {
			seeds = append(seeds, seed)
		}
	}
	slices.Sort(seeds)
	return seeds
}

// inOrder lists the values of seeds.
func inOrder(values map[uint64]float64, seeds []uint64) (list []float64) {
	for _, seed := range seeds {
		list = append(list, values[seed])
	}
	return list
}

// volume is the hypervolume of points up to a cost, in millions of MACs × accuracy.
func volume(points []point, cost float64) float64 {
	var list []pareto.Point
	for _, p := range points {
		list = append(list, pareto.Point{Cost: p.macs, Accuracy: p.test})
	}
	return pareto.Hypervolume(list, pareto.Point{Cost: cost, Accuracy: 0})
}

// fewest is the number of candidates from which a ranking of a search is judged.
const fewest = 5

// agree says how the search's ranking of candidates agrees with the accuracies that they really have.
func (a About) agree(s *Summary, rows []Row) {
	var taus, equals, partials []float64
	var tau, partial *statistics.Interval // of the last seed
	for _, r := range rows {
		var shared, test, cost, macs []float64
		for _, c := range r.Candidates {
			if c.Test != nil && c.Space == "" { // a search does not rank what is drawn from its spaces
				shared, test = append(shared, c.Shared), append(test, *c.Test)
				cost, macs = append(cost, float64(c.TestMACs)), append(macs, float64(c.MACs))
			}
		}
		if len(test) < fewest {
			continue
		}
		if c, ok := statistics.Kendall(shared, test); ok {
			taus, tau = append(taus, c.Tau), &statistics.Interval{Low: c.Low, High: c.High}
			if i, ok := c.Fisher(); ok {
				tau = &i
			}
		}
		if t, pairs, ok := statistics.KendallAlike(shared, test, cost, a.Tolerance); ok && pairs >= fewest {
			equals = append(equals, t)
		}
		if p, ok := statistics.PartialOf(shared, test, macs); ok {
			partials, partial = append(partials, p.R), &p.Interval
		}
	}
	s.Tau, s.AtEqual, s.Partial = overSeeds(taus, tau), overSeeds(equals, nil), overSeeds(partials, partial)
}

// compare sets every method against the reference.
func (c *Cell) compare(reference string, values map[string]map[uint64]float64) {
	i := slices.IndexFunc(c.Methods, func(s Summary) bool { return s.Method == reference })
	if i < 0 {
		return
	}
	ref := c.Methods[i]
	for n := range c.Methods {
		s := &c.Methods[n]
		d := difference(values[s.Method], values[reference])
		if n == i || d == nil {
			continue
		}
		if ref.Spent > 0 {
			d.Spent = s.Spent/ref.Spent - 1
		}
		s.Difference = d
		distance, critical := statistics.Apart(tests(s.points), tests(ref.points))
		s.Apart = &Apart{distance, critical}
	}
}

// tests are the accuracies of points.
func tests(points []point) (list []float64) {
	for _, p := range points {
		list = append(list, p.test)
	}
	return list
}

// rank ranks the methods that have a result.
func (c *Cell) rank(values map[string]map[uint64]float64) {
	var labels []string
	var all []map[uint64]float64
	for _, s := range c.Methods {
		if s.Seeds > 0 {
			labels, all = append(labels, s.Method), append(all, values[s.Method])
		}
	}
	if len(all) == 0 {
		return
	}
	seeds := seedsOf(all...)
	blocks := make([][]float64, len(seeds))
	for b, seed := range seeds {
		for _, v := range all {
			blocks[b] = append(blocks[b], v[seed])
		}
	}
	if r, ok := statistics.Rank(blocks); ok && !math.IsNaN(r.P) {
		c.Ranking = &Ranking{r, labels, len(seeds)}
	}
}
