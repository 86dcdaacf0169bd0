// Package fitness holds θ, the fitness of every operation of a round (section 4). It has the probabilities that θ gives
// to the configurations of a layer, the gradient of its loss, the steps of its optimizer, and the dropping of unfit
// operations. For the sampling it tilts the probabilities towards a cost (section 5).
package fitness

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve/space"
)

// Fitness is the fitness of every operation of a round's subset, by layer (3.3.1). Methods return a new value and leave
// the old one as it is; both may share memory.
type Fitness []Layer

// Layer is the fitness of one layer's operations and the state of its optimizer.
type Layer struct {
	Ops     space.Path `json:"ops"`     // the round's subset, ascending
	Dropped []bool     `json:"fallen"`  // by operation: dropped in this round
	Theta   []float64  `json:"theta"`   // by operation: θ
	Mean    []float64  `json:"mean"`    // Adam's mean of the gradient
	Square  []float64  `json:"square"`  // Adam's mean of its square
	Updates int        `json:"updates"` // that Adam has made
}

// New gives every operation of a subset θ = 0, and Adam a fresh state. The fitness shares the subset's memory.
func New(subset []space.Path) Fitness {
	f := make(Fitness, len(subset))
	for l, ops := range subset {
		n := len(ops)
		f[l] = Layer{Ops: ops, Dropped: make([]bool, n), Theta: make([]float64, n),
			Mean: make([]float64, n), Square: make([]float64, n)}
	}
	return f
}

// Remaining lists the operations of every layer that have not been dropped, ascending.
func (f Fitness) Remaining() []space.Path {
	remaining := make([]space.Path, len(f))
	for l, layer := range f {
		remaining[l], _ = layer.remaining()
	}
	return remaining
}

// remaining lists the operations that have not been dropped, with their θ.
func (f Layer) remaining() (ops space.Path, theta []float64) {
	ops = space.Path{}
	for i, op := range f.Ops {
		if !f.Dropped[i] {
			ops = append(ops, op)
			theta = append(theta, f.Theta[i])
		}
	}
	return ops, theta
}

// Distributions is what the fitness makes of the configurations of every layer, with p = (1−s)·sigmoid(θ) + s/2. With
// single, a layer selects at most one operation.
func (f Fitness) Distributions(normal []bool, s float64, single bool) []Distribution {
	ds := make([]Distribution, len(f))
	for l, layer := range f {
		ops, theta := layer.remaining()
		ds[l] = NewDistribution(ops, theta, s, normal[l], single)
	}
	return ds
}

// Thetas is θ by layer and operation of the round's subset. It shares the fitness's memory.
func (f Fitness) Thetas() [][]float64 {
	theta := make([][]float64, len(f))
	for l, layer := range f {
		theta[l] = layer.Theta
	}
	return theta
}

// Dropped is an operation that was dropped from a layer.
type Dropped struct {
	Layer int
	Op    space.OpID
	Theta float64 // below the threshold
}

// Drop returns the fitness without the operations whose θ is below the threshold, and what was dropped, by layer and
// rising θ (3.3.1). Locked operations, given by layer, are never dropped, and neither is the last path of a reduction
// layer. A nil list locks nothing in its layer.
func (f Fitness) Drop(threshold float64, normal []bool, locked []space.Path) (Fitness, []Dropped) {
	next := slices.Clone(f)
	var dropped []Dropped
	for l, layer := range f {
		least := 1
		if normal[l] {
			least = 0
		}
		next[l].Dropped = slices.Clone(layer.Dropped)
		for _, i := range layer.below(threshold, locked[l], least) {
			next[l].Dropped[i] = true
			dropped = append(dropped, Dropped{l, layer.Ops[i], layer.Theta[i]})
		}
	}
	return next, dropped
}

// below lists the indices of the operations to drop, the lowest θ first, so that at least the given number of paths
// remains.
func (f Layer) below(threshold float64, locked space.Path, least int) []int {
	var candidates []int
	remaining := 0
	for i, op := range f.Ops {
		if f.Dropped[i] {
			continue
		}
		remaining++
		if f.Theta[i] < threshold && !slices.Contains(locked, op) {
			candidates = append(candidates, i)
		}
	}
	slices.SortStableFunc(candidates, func(i, j int) int { return cmp.Compare(f.Theta[i], f.Theta[j]) })
	return candidates[:min(len(candidates), max(remaining-least, 0))]
}

// Without is the fitness without an operation.
func (f Fitness) Without(op space.OpID) Fitness {
	next := slices.Clone(f)
	for l, layer := range f {
		if i, found := slices.BinarySearch(layer.Ops, op); found {
			next[l] = layer.without(i)
		}
	}
	return next
}

// without is the fitness without the i-th operation.
func (f Layer) without(i int) Layer {
	f.Ops, f.Dropped = slices.Delete(slices.Clone(f.Ops), i, i+1), slices.Delete(slices.Clone(f.Dropped), i, i+1)
	for _, v := range []*[]float64{&f.Theta, &f.Mean, &f.Square} {
		*v = slices.Delete(slices.Clone(*v), i, i+1)
	}
	return f
}

// Check refuses a fitness of other operations than a subset's, and numbers that are not finite. The fitness may have
// fewer layers than the subset.
func (f Fitness) Check(subset []space.Path, normal []bool) error {
	for l, layer := range f {
		n := len(layer.Ops)
		switch {
		case !slices.Equal(layer.Ops, subset[l]):
			return fmt.Errorf("layer %d has operations %v, the space %v", l, layer.Ops, subset[l])
		case len(layer.Dropped) != n || len(layer.Theta) != n || len(layer.Mean) != n || len(layer.Square) != n ||
			layer.Updates < 0:
			return fmt.Errorf("layer %d: lists of different lengths", l)
		case n > 0 && !slices.Contains(layer.Dropped, false) && !normal[l]:
			return fmt.Errorf("layer %d has lost every operation", l)
		}
		for _, v := range slices.Concat(layer.Theta, layer.Mean, layer.Square) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("layer %d has %v", l, v)
			}
		}
	}
	return nil
}
