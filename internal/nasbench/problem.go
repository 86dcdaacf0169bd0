package nasbench

import (
	"fmt"

	"github.com/nse-dev/nse/evolve"
)

// Space says how the edges of a cell become layers.
type Space int

// The spaces. In pairs, operation 5·i + j puts i on the first edge of the pair and j on the second.
const (
	Edges Space = 1 // six layers of 5 operations
	Pairs Space = 2 // three layers of 25 operations: edges 1←0 and 2←0, 2←1 and 3←0, 3←1 and 3←2
)

// Problem is the search for a cell on a data set. Costs are in millions of multiply-adds: convolutions and the
// classifier with its bias, as the benchmark counts them. Every layer needs an operation, of which none is one.
func Problem(space Space, data Data) (evolve.Problem, error) {
	for _, s := range sets {
		if s.data != data {
			continue
		}
		costs := [ops]float64{2: 3.932160 * s.pixels, 3: 35.389440 * s.pixels}
		p := evolve.Problem{Normal: make([]bool, edges/int(space)), Fixed: 7.782400*s.pixels + 65*s.classes/1e6}
		for i := range space.operations() {
			c := evolve.Candidate{Cost: make([]float64, len(p.Normal))}
			for rest, n := i, 0; n < int(space); n++ {
				op := rest % ops
				rest /= ops
				c.Name = operations[op] + c.Name
				if n+1 < int(space) {
					c.Name = "," + c.Name
				}
				for l := range c.Cost {
					c.Cost[l] += costs[op]
				}
			}
			p.Pool = append(p.Pool, c)
		}
		return p, nil
	}
	return evolve.Problem{}, fmt.Errorf("data set %q: want one of %v", data, DataSets())
}

// operations is the number of operations of a layer.
func (s Space) operations() int {
	if s == Pairs {
		return ops * ops
	}
	return ops
}

// cell is the number of the cell that an architecture is. Every layer must have one operation.
func (s Space) cell(a evolve.Arch) (cell int, err error) {
	if len(a) != edges/int(s) {
		return 0, fmt.Errorf("nasbench: %d layers, want %d", len(a), edges/int(s))
	}
	for l, path := range a {
		if len(path) != 1 {
			return 0, fmt.Errorf("nasbench: %d operations in layer %d, want one: set search.single_branch",
				len(path), l)
		}
		if op := int(path[0]); op < 0 || op >= s.operations() {
			return 0, fmt.Errorf("nasbench: operation %d in layer %d, want 0 to %d", op, l, s.operations()-1)
		}
		cell = cell*s.operations() + int(path[0])
	}
	return cell, nil
}
