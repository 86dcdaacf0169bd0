package evolve

import (
	"cmp"
	"math"
	"slices"
)

// Fitness is the fitness of every operation of a round's subset, by layer (3.3.1). Methods return a new value and leave
// the old one as it is; both may share memory.
type Fitness []LayerFitness

// LayerFitness is the fitness of one layer's operations and the state of its optimizer.
type LayerFitness struct {
	Ops     Path      `json:"ops"`     // the round's subset, ascending
	Dropped []bool    `json:"fallen"`  // by operation: dropped in this round
	Theta   []float64 `json:"theta"`   // by operation: θ
	Mean    []float64 `json:"mean"`    // Adam's mean of the gradient
	Square  []float64 `json:"square"`  // Adam's mean of its square
	Updates int       `json:"updates"` // that Adam has made
}

// NewFitness gives every operation of a subset θ = 0, and Adam a fresh state. The fitness shares the subset's memory.
func NewFitness(subset []Path) Fitness {
	f := make(Fitness, len(subset))
	for l, ops := range subset {
		n := len(ops)
		f[l] = LayerFitness{Ops: ops, Dropped: make([]bool, n), Theta: make([]float64, n),
			Mean: make([]float64, n), Square: make([]float64, n)}
	}
	return f
}

// Remaining lists the operations of every layer that have not been dropped, ascending.
func (f Fitness) Remaining() []Path {
	remaining := make([]Path, len(f))
	for l, layer := range f {
		remaining[l], _ = layer.remaining()
	}
	return remaining
}

// remaining lists the operations that have not been dropped, with their θ.
func (f LayerFitness) remaining() (ops Path, theta []float64) {
	ops = Path{}
	for i, op := range f.Ops {
		if !f.Dropped[i] {
			ops = append(ops, op)
			theta = append(theta, f.Theta[i])
		}
	}
	return ops, theta
}

// distributions is what the fitness makes of the configurations of every layer.
func (f Fitness) distributions(p Problem, c Config) []distribution {
	ds := make([]distribution, len(f))
	for l, layer := range f {
		ops, theta := layer.remaining()
		ds[l] = newDistribution(ops, theta, c.Fitness.Smoothing, p.Normal[l], c.SingleBranch)
	}
	return ds
}

// adamEpsilon is ε of Adam.
const adamEpsilon = 1e-8

// Adam returns the fitness after one update by a gradient, given by layer and operation: a step towards the minimum of
// the expected loss over θ (eq. 3). A layer with a nil gradient stays as it is. So do operations that have been
// dropped.
func (f Fitness) Adam(c FitnessConfig, gradient [][]float64) Fitness {
	next := slices.Clone(f)
	for l, g := range gradient {
		if g != nil {
			next[l] = f[l].adam(c, g)
		}
	}
	return next
}

// adam takes one step of Adam on one layer.
func (f LayerFitness) adam(c FitnessConfig, gradient []float64) LayerFitness {
	f.Theta, f.Mean, f.Square = slices.Clone(f.Theta), slices.Clone(f.Mean), slices.Clone(f.Square)
	f.Updates++
	correct1, correct2 := 1-math.Pow(c.Beta1, float64(f.Updates)), 1-math.Pow(c.Beta2, float64(f.Updates))
	for i, g := range gradient {
		if f.Dropped[i] {
			continue
		}
		f.Mean[i] = c.Beta1*f.Mean[i] + (1-c.Beta1)*g
		f.Square[i] = c.Beta2*f.Square[i] + (1-c.Beta2)*g*g
		f.Theta[i] -= c.LR * (f.Mean[i] / correct1) / (math.Sqrt(f.Square[i]/correct2) + adamEpsilon)
	}
	return f
}

// Drop returns the fitness without the operations whose θ is below the threshold, and what was dropped, by layer and
// rising θ (3.3.1). Locked operations, given by layer, are never dropped, and neither is the last path of a reduction
// layer. A nil list locks nothing in its layer. The Step of what was dropped is 0, and left to the caller.
func (f Fitness) Drop(threshold float64, normal []bool, locked []Path) (Fitness, []Dropped) {
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
			dropped = append(dropped, Dropped{Layer: l, Op: layer.Ops[i], Theta: layer.Theta[i]})
		}
	}
	return next, dropped
}

// below lists the indices of the operations to drop, the lowest θ first, so that at least the given number of paths
// remains.
func (f LayerFitness) below(threshold float64, locked Path, least int) []int {
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
