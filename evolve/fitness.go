package evolve

import (
	"cmp"
	"math"
	"slices"
)

// Fitness is the fitness of every operation of a round's subset, by layer.
type Fitness []LayerFitness

// LayerFitness is the fitness of one layer's operations and the state of its optimizer.
type LayerFitness struct {
	Ops     Path      `json:"ops"`     // the round's subset, ascending
	Fallen  []bool    `json:"fallen"`  // by operation: dropped in this round
	Theta   []float64 `json:"theta"`   // by operation: θ
	Mean    []float64 `json:"mean"`    // Adam's mean of the gradient
	Square  []float64 `json:"square"`  // Adam's mean of its square
	Updates int       `json:"updates"` // that Adam has made
}

// NewFitness gives every operation of a subset θ = 0.
func NewFitness(subset []Path) Fitness {
	f := make(Fitness, len(subset))
	for l, ops := range subset {
		n := len(ops)
		f[l] = LayerFitness{Ops: ops, Fallen: make([]bool, n), Theta: make([]float64, n), Mean: make([]float64, n), Square: make([]float64, n)}
	}
	return f
}

// Remaining lists the operations of every layer that have not fallen.
func (f Fitness) Remaining() []Path {
	remaining := make([]Path, len(f))
	for l, layer := range f {
		remaining[l], _ = layer.remaining()
	}
	return remaining
}

// remaining lists the operations that have not fallen, with their θ.
func (f LayerFitness) remaining() (ops Path, theta []float64) {
	ops = Path{}
	for i, op := range f.Ops {
		if !f.Fallen[i] {
			ops = append(ops, op)
			theta = append(theta, f.Theta[i])
		}
	}
	return ops, theta
}

// choices is the distribution that the fitness gives to the configurations of every layer.
func (f Fitness) choices(p Problem, c Config) []choice {
	cs := make([]choice, len(f))
	for l, layer := range f {
		ops, theta := layer.remaining()
		cs[l] = newChoice(ops, theta, c.Fitness.Smoothing, p.Normal[l], c.SingleBranch)
	}
	return cs
}

// adamEpsilon is ε of Adam.
const adamEpsilon = 1e-8

// Adam returns the fitness after one update by a gradient, given by layer and operation. A layer with a nil gradient
// and operations that have fallen stay as they are.
func (f Fitness) Adam(c FitnessConfig, gradient [][]float64) Fitness {
	next := slices.Clone(f)
	for l, g := range gradient {
		if g != nil {
			next[l] = f[l].adam(c, g)
		}
	}
	return next
}

func (f LayerFitness) adam(c FitnessConfig, gradient []float64) LayerFitness {
	f.Theta, f.Mean, f.Square = slices.Clone(f.Theta), slices.Clone(f.Mean), slices.Clone(f.Square)
	f.Updates++
	correct1, correct2 := 1-math.Pow(c.Beta1, float64(f.Updates)), 1-math.Pow(c.Beta2, float64(f.Updates))
	for i, g := range gradient {
		if f.Fallen[i] {
			continue
		}
		f.Mean[i] = c.Beta1*f.Mean[i] + (1-c.Beta1)*g
		f.Square[i] = c.Beta2*f.Square[i] + (1-c.Beta2)*g*g
		f.Theta[i] -= c.LR * (f.Mean[i] / correct1) / (math.Sqrt(f.Square[i]/correct2) + adamEpsilon)
	}
	return f
}

// Drop returns the fitness without the operations whose θ is below the threshold, and what fell, by layer and rising
// θ. Locked operations, given by layer, and the last path of a reduction layer never fall.
func (f Fitness) Drop(threshold float64, normal []bool, locked []Path) (Fitness, []Dropped) {
	next := slices.Clone(f)
	var fallen []Dropped
	for l, layer := range f {
		least := 1
		if normal[l] {
			least = 0
		}
		for _, i := range layer.below(threshold, locked[l], least) {
			if len(fallen) == 0 || fallen[len(fallen)-1].Layer != l {
				next[l].Fallen = slices.Clone(layer.Fallen)
			}
			next[l].Fallen[i] = true
			fallen = append(fallen, Dropped{Layer: l, Op: layer.Ops[i], Theta: layer.Theta[i]})
		}
	}
	return next, fallen
}

// below lists the operations that fall, the lowest θ first, so that at least the given number of paths remains.
func (f LayerFitness) below(threshold float64, locked Path, least int) []int {
	var candidates []int
	remaining := 0
	for i, op := range f.Ops {
		if f.Fallen[i] {
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
