// Package evolution is regularized evolution (Real et al., 2019, algorithm 1), with architectures trained alone.
//
// A population of P begins with random architectures. Each cycle draws S members from it, with replacement. The most
// accurate of them is the parent, and a mutated copy is evaluated and joins. The oldest member is then removed, however
// good it is. The result is the best of all that were ever evaluated.
//
// P = 10 and S = 3 are those of NAS-Bench-201 (Dong and Yang, 2020). What had to be chosen: a mutation adds, removes or
// swaps one operation of one layer. Layer, kind and operations are drawn uniformly, again where a layer does not allow
// the kind. Mutants outside the constraint interval, or evaluated before, are drawn again, as often as
// search.front.attempts says. A random architecture takes the place of one that was not found.
package evolution

import (
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/alone"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
)

// Config configures the population.
type Config struct {
	// Population is the number P of architectures that may become parents.
	Population int `toml:"population"`
	// Sample is the number S of members of which the best becomes a parent.
	Sample int `toml:"sample"`
}

// Default is that of NAS-Bench-201.
func Default() Config { return Config{Population: 10, Sample: 3} }

// Validate refuses numbers below 1, by *setting.Error.
func (c Config) Validate() error {
	const most = 1_000_000
	switch {
	case c.Population < 1 || c.Population > most:
		return setting.Errorf("population", c.Population, "want 1 to %d", most)
	case c.Sample < 1 || c.Sample > most:
		return setting.Errorf("sample", c.Sample, "want 1 to %d", most)
	}
	return nil
}

// Next mutates a parent, once the population is complete. It is an alone.Proposer.
func (c Config) Next(h alone.History) (p alone.Proposal, ok bool) {
	n, seen := len(h.Trials), h.Seen()
	r := random.New(h.Seed, "evolution", 1, n, 0)
	if n >= c.Population {
		parent := c.parent(h.Trials[n-c.Population:], r)
		for range h.Attempts {
			a, possible := Mutate(h, parent.Arch, r)
			if possible && h.Offers(a) && h.Prior.Meets(a) && !seen[a.Key()] {
				return h.Once(a), true
			}
		}
	}
	a, found := h.Prior.Within(r, seen)
	return h.Once(a), found
}

// parent is the most accurate of a sample of the population, and of equal ones the first that was drawn.
func (c Config) parent(population []evolve.Trial, r *rand.Rand) (best evolve.Trial) {
	for i := range c.Sample {
		if t := population[r.IntN(len(population))]; i == 0 || t.Accuracy > best.Accuracy {
			best = t
		}
	}
	return best
}

// The kinds of mutations.
const (
	add = iota
	remove
	swap
	kinds
)

// Mutate draws a layer and a kind of mutation, and returns a copy of the architecture with one operation of the layer
// added, removed or swapped. It reports whether the layer allows that.
func Mutate(h alone.History, a evolve.Arch, r *rand.Rand) (mutant evolve.Arch, possible bool) {
	l := r.IntN(len(a))
	kind := r.IntN(kinds)
	path := slices.Clone(a[l])
	others := slices.DeleteFunc(slices.Clone(h.Subset[l]), func(op evolve.OpID) bool {
		return slices.Contains(path, op)
	})
	least, most := h.Prior.Branches(l)
	switch {
	case kind == add && len(path) == most, kind == remove && len(path) == least,
		kind != add && len(path) == 0, kind != remove && len(others) == 0:
		return nil, false
	}
	if kind != add {
		i := r.IntN(len(path))
		path = slices.Delete(path, i, i+1)
	}
	if kind != remove {
		path = append(path, others[r.IntN(len(others))])
		slices.Sort(path)
	}
	mutant = slices.Clone(a)
	mutant[l] = path
	return mutant, true
}
