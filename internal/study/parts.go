package study

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/statistics"
)

// Part is the round of a search that a candidate is from, and the space of that round. Both are zero for the last
// front. A report has every part as a method of its own.
type Part struct {
	Round int    `json:"round,omitempty"` // from 1
	Space string `json:"space,omitempty"` // Initial, Simplified or Aggregated; empty for a front
}

// The spaces of a round.
const (
	Initial    = "initial"    // the subset
	Simplified = "simplified" // what simplification has left of it (3.3.1)
	Aggregated = "aggregated" // what the front uses (3.3.2)
)

// of is the label of the part of a method. Labels of methods have no comma.
func (p Part) of(method string) string {
	switch {
	case p.Round == 0:
		return method
	case p.Space == "":
		return fmt.Sprintf("%s, round %d", method, p.Round)
	}
	return fmt.Sprintf("%s, round %d %s", method, p.Round, p.Space)
}

// compare orders parts as a search goes through them.
func (p Part) compare(other Part) int {
	order := []string{"", Initial, Simplified, Aggregated}
	return cmp.Or(cmp.Compare(p.Round, other.Round),
		cmp.Compare(slices.Index(order, p.Space), slices.Index(order, other.Space)))
}

// column is what a report compares: a method, or a part of one.
type column struct{ label, method string }

// split makes every part of a method a column, in the order of the rounds, and gives rows the labels of columns. A
// search without any candidate counts as one without a result of the first part.
func (a About) split(rows []Row) (columns []column, out []Row) {
	parts := map[string][]Part{}
	for _, r := range rows {
		for _, c := range r.Candidates {
			if !slices.Contains(parts[r.Method], c.Part) {
				parts[r.Method] = append(parts[r.Method], c.Part)
			}
		}
	}
	for _, m := range a.Methods {
		slices.SortFunc(parts[m], Part.compare)
		if len(parts[m]) == 0 {
			parts[m] = []Part{{}}
		}
		for _, p := range parts[m] {
			columns = append(columns, column{p.of(m), m})
		}
	}
	for _, r := range rows {
		for n, p := range parts[r.Method] {
			part := r
			part.Method = p.of(r.Method)
			other := func(c Candidate) bool { return c.Part != p }
			part.Candidates = slices.DeleteFunc(slices.Clone(r.Candidates), other)
			if len(part.Candidates) > 0 || n == 0 && len(r.Candidates) == 0 {
				out = append(out, part)
			}
		}
	}
	return columns, out
}

// Step compares a part of a method with the one before it.
type Step struct {
	From     string      `json:"from"`
	To       string      `json:"to"`
	Accuracy *Difference `json:"accuracy"` // of the mean of finalists
	// Hypervolume is nil where finalists are scaled to equal cost. Grew is the number of seeds at which it grew.
	Hypervolume *Difference `json:"hypervolume"`
	Grew        int         `json:"grew"`
}

// compareParts compares parts that follow one another, where they share a seed.
func (c *Cell) compareParts() {
	for n := 1; n < len(c.Methods); n++ {
		from, to := c.Methods[n-1], c.Methods[n]
		s := Step{From: from.Method, To: to.Method, Accuracy: difference(bySeed(to.points), bySeed(from.points))}
		if from.of != to.of || s.Accuracy == nil {
			continue
		}
		if from.Hypervolume != nil && to.Hypervolume != nil {
			s.Hypervolume = difference(to.volumes, from.volumes)
			for _, seed := range seedsOf(to.volumes, from.volumes) {
				if to.volumes[seed] > from.volumes[seed] {
					s.Grew++
				}
			}
		}
		c.Steps = append(c.Steps, s)
	}
}

// difference is x less y, paired by seed. It is nil without a common seed.
func difference(x, y map[uint64]float64) *Difference {
	seeds := seedsOf(x, y)
	if len(seeds) == 0 {
		return nil
	}
	d := statistics.Differences(inOrder(x, seeds), inOrder(y, seeds))
	out := &Difference{Seeds: len(seeds)}
	mean, student, ok := statistics.Mean(d)
	if out.Mean = mean; ok {
		out.Student = &student
	}
	if b, ok := statistics.BootstrapT(d, 1); ok {
		out.Bootstrap = &b
	}
	out.Verdict = verdict(out.Student, out.Bootstrap)
	return out
}
