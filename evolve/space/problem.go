package space

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Candidate is one operation of the pool as the search sees it.
type Candidate struct {
	Name string
	Cost []float64 // by layer, in the unit of the constraint
	// Params is the number of parameters by layer. It is for predictors, and nil where nothing is known.
	Params []float64
	// Forms are by layer. They are for predictors, and nil where nothing is known.
	Forms []Form
	// First has an operation that arrives come in before those that wait. It has no meaning after that.
	First bool
}

// Form is what an operation looks like at a layer, apart from its cost.
type Form struct {
	Width    float64 // channels that its windows read, as a multiple of the layer's: the greatest; 0 without windows
	Window   float64 // receptive field along one side, in pixels of the input: the geometric mean of both sides
	Dilation float64 // how many times smaller that window would be without dilation
}

// Problem is what a search is about: the layers of the network, the pool and the costs. A normal layer keeps channels
// and resolution and has an identity path, which costs nothing (A.3). Any other is a reduction layer: it needs an
// operation. Methods change nothing.
type Problem struct {
	Normal []bool      // by layer
	Pool   []Candidate // by OpID
	Fixed  float64     // cost of stem and head, in the unit of the candidates' cost
}

// Validate refuses a problem without layers, and a cost that is missing, negative or not finite.
func (p Problem) Validate() error {
	if len(p.Normal) == 0 {
		return fmt.Errorf("problem: no layers")
	}
	if !(p.Fixed >= 0) || math.IsInf(p.Fixed, 0) {
		return fmt.Errorf("problem: fixed cost %v: want 0 or more", p.Fixed)
	}
	for _, c := range p.Pool {
		if len(c.Cost) != len(p.Normal) {
			return fmt.Errorf("problem: operation %q has the cost of %d layers, the network has %d",
				c.Name, len(c.Cost), len(p.Normal))
		}
		for l, v := range c.Cost {
			if !(v >= 0) || math.IsInf(v, 0) {
				return fmt.Errorf("problem: operation %q costs %v in layer %d: want 0 or more", c.Name, v, l)
			}
		}
	}
	return nil
}

// Cost is the cost of an architecture with stem and head, in the unit of the candidates' cost: millions of MACs, or ms.
// The identity costs nothing. The sum has a fixed order, so that equal architectures cost the same to the bit.
func (p Problem) Cost(a Arch) float64 {
	cost := p.Fixed
	for l, path := range a {
		cost += p.PathCost(l, path)
	}
	return cost
}

// PathCost is C(e), the cost of a path at layer l (eq. 8).
func (p Problem) PathCost(l int, path Path) float64 {
	cost := 0.0
	for _, op := range path {
		cost += p.Pool[op].Cost[l]
	}
	return cost
}

// CheckArch refuses an architecture that the network cannot run.
func (p Problem) CheckArch(a Arch) error {
	if len(a) != len(p.Normal) {
		return fmt.Errorf("%d layers, the network has %d", len(a), len(p.Normal))
	}
	for l, path := range a {
		if err := p.CheckOps(path); err != nil {
			return fmt.Errorf("layer %d: %w", l, err)
		}
		if len(path) == 0 && !p.Normal[l] {
			return fmt.Errorf("layer %d: a reduction layer needs an operation", l)
		}
	}
	return nil
}

// CheckOps refuses operations that are not of the pool.
func (p Problem) CheckOps(ops []OpID) error {
	for _, op := range ops {
		if op < 0 || int(op) >= len(p.Pool) {
			return fmt.Errorf("operation %d, the pool has %d", op, len(p.Pool))
		}
	}
	return nil
}

// Stack is the architecture that has the same path in every layer: a uniform stack. Layers share the path's memory.
func (p Problem) Stack(path Path) Arch { return slices.Repeat(Arch{path}, len(p.Normal)) }

// Reach returns the exact costs of the cheapest and of the dearest architecture with at most k of the given operations
// in each layer, and none only in normal layers. A reduction layer must be given one at least.
func (p Problem) Reach(ops []Path, k int) (least, greatest float64) {
	cheapest, dearest := make(Arch, len(ops)), make(Arch, len(ops))
	for l, path := range ops {
		sorted := slices.SortedStableFunc(slices.Values(path), func(i, j OpID) int {
			return cmp.Compare(p.Pool[i].Cost[l], p.Pool[j].Cost[l])
		})
		if !p.Normal[l] {
			cheapest[l] = sorted[:1]
		}
		dearest[l] = slices.Sorted(slices.Values(sorted[max(0, len(sorted)-k):]))
	}
	return p.Cost(cheapest), p.Cost(dearest)
}

// Middle is the median cost of the uniform stacks of one operation. Of an even number it is the lower one. The pool
// must not be empty.
func (p Problem) Middle() float64 {
	costs := make([]float64, len(p.Pool))
	for op := range p.Pool {
		costs[op] = p.Cost(p.Stack(Path{OpID(op)}))
	}
	slices.Sort(costs)
	return costs[(len(costs)-1)/2]
}

// Everything lists the whole pool for every layer.
func (p Problem) Everything() []Path {
	all := make(Path, len(p.Pool))
	for i := range all {
		all[i] = OpID(i)
	}
	return slices.Repeat([]Path{all}, len(p.Normal))
}
