package truth

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
)

// Draw draws n distinct architectures within the constraint interval, spread over cost and over the number of branches.
// The first are uniform stacks: one operation in every layer. The others come from cells in turn: a cell is a number of
// branches and a tenth of the interval. There may be fewer where the space has no more.
func Draw(p evolve.Problem, c evolve.Config, n int, seed uint64) []evolve.Arch {
	d := drawer{problem: p, config: c, seen: map[string]bool{}}
	for op := range p.Pool {
		d.keep(p.Stack(evolve.Path{evolve.OpID(op)}), c.Constraint.Low(), c.Constraint.High())
	}
	least := 0
	for _, normal := range p.Normal {
		if !normal {
			least++
		}
	}
	most := 3 * len(p.Normal)
	for turn, missed := 0, 0; len(d.list) < n && missed < cells*(most-least+1); turn++ {
		r := random.New(seed, "table", 0, turn, 0)
		branches, tenth := least+turn%(most-least+1), turn/(most-least+1)%cells
		if missed++; d.cell(r, branches, tenth) {
			missed = 0
		}
	}
	return d.list[:min(n, len(d.list))]
}

// cells is the number of parts of the interval.
const cells = 10

// drawer collects architectures.
type drawer struct {
	problem evolve.Problem
	config  evolve.Config
	list    []evolve.Arch
	seen    map[string]bool
}

// cell adds an architecture of a number of branches whose cost is in a tenth of the interval. It gives up after many
// draws.
func (d *drawer) cell(r *rand.Rand, branches, tenth int) bool {
	low := d.config.Constraint.Low()
	width := (d.config.Constraint.High() - low) / cells
	from := low + float64(tenth)*width
	for range 300 {
		counts := d.counts(r, branches)
		if counts == nil {
			return false
		}
		tilt := d.tilt(counts, from+width/2)
		for range 10 {
			if d.keep(d.draw(r, counts, tilt), from, from+width) {
				return true
			}
		}
	}
	return false
}

// counts deals branches out to layers: one to each reduction layer, the others by chance, at most K to one. It is nil
// where they do not fit.
func (d *drawer) counts(r *rand.Rand, branches int) []int {
	counts := make([]int, len(d.problem.Normal))
	most := min(d.config.K, len(d.problem.Pool))
	if branches > most*len(counts) {
		return nil
	}
	for l, normal := range d.problem.Normal {
		if !normal {
			counts[l]++
			branches--
		}
	}
	if branches < 0 {
		return nil
	}
	for branches > 0 {
		if l := r.IntN(len(counts)); counts[l] < most {
			counts[l]++
			branches--
		}
	}
	return counts
}

// tilt is the λ for which operations drawn with weights exp(−λ·cost) have about an expected cost.
func (d *drawer) tilt(counts []int, cost float64) float64 {
	low, high := -30.0, 30.0
	for range 40 {
		tilt := (low + high) / 2
		expected := d.problem.Fixed
		for l, n := range counts {
			sum, weight := 0.0, 0.0
			for _, op := range d.problem.Pool {
				w := math.Exp(-tilt * op.Cost[l])
				sum, weight = sum+w*op.Cost[l], weight+w
			}
			expected += float64(n) * sum / weight
		}
		if expected > cost {
			low = tilt
		} else {
			high = tilt
		}
	}
	return (low + high) / 2
}

// ticket is an operation's place in a draw without replacement: the greatest win.
type ticket struct {
	op    evolve.OpID
	place float64
}

// draw draws the operations of every layer without replacement, by weights exp(−λ·cost).
func (d *drawer) draw(r *rand.Rand, counts []int, tilt float64) evolve.Arch {
	a := make(evolve.Arch, len(counts))
	for l, n := range counts {
		tickets := make([]ticket, len(d.problem.Pool))
		for i, op := range d.problem.Pool {
			tickets[i] = ticket{evolve.OpID(i), -math.Log(r.ExpFloat64()) - tilt*op.Cost[l]} // Gumbel
		}
		slices.SortFunc(tickets, func(a, b ticket) int { return cmp.Compare(b.place, a.place) })
		a[l] = evolve.Path{}
		for _, t := range tickets[:n] {
			a[l] = append(a[l], t.op)
		}
		slices.Sort(a[l])
	}
	return a
}

// keep adds an architecture that is new and has a cost in a range, ends included.
func (d *drawer) keep(a evolve.Arch, low, high float64) bool {
	cost := d.problem.Cost(a)
	name := fmt.Sprint(a)
	if cost < low || cost > high || d.seen[name] {
		return false
	}
	d.seen[name] = true
	d.list = append(d.list, a)
	return true
}
