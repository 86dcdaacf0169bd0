// Package relaxation is what methods share that relax the choice of an operation to a softmax over parameters α: α with
// its optimizer, and the most probable architecture that meets the budget.
//
// A layer chooses one path of a list (shared.Choices). A choice has the probability
//
//	p_i = e^α_i / Σ_j e^α_j
package relaxation

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
)

// Parameters are α, by layer and choice, and the state of its optimizer. Methods return a new value and leave the old
// one as it is. It is plain data: JSON keeps every bit of it.
type Parameters struct {
	Alpha   [][]float64 `json:"alpha"`
	Mean    [][]float64 `json:"mean"`   // Adam's mean of the gradient
	Square  [][]float64 `json:"square"` // Adam's mean of its square
	Updates int         `json:"updates"`
}

// deviation is the standard deviation of α at the start.
const deviation = 1e-3

// New draws α from a normal distribution of mean 0 and standard deviation 1e-3. Adam has done nothing.
func New(seed uint64, round int, choices [][]evolve.Path) Parameters {
	p := Parameters{Alpha: zeros(choices), Mean: zeros(choices), Square: zeros(choices)}
	for l, alpha := range p.Alpha {
		r := random.New(seed, "alpha", round, 0, l)
		for i := range alpha {
			alpha[i] = deviation * r.NormFloat64()
		}
	}
	return p
}

// zeros is 0 for every choice.
func zeros(choices [][]evolve.Path) [][]float64 {
	z := make([][]float64, len(choices))
	for l, paths := range choices {
		z[l] = make([]float64, len(paths))
	}
	return z
}

// Recall reads the parameters from a state's memory. It refuses those of other choices.
func Recall(st evolve.State, choices [][]evolve.Path) (p Parameters, err error) {
	if err := json.Unmarshal(st.Memory, &p); err != nil {
		return p, fmt.Errorf("memory: %w", err)
	}
	for _, v := range [][][]float64{p.Alpha, p.Mean, p.Square} {
		if len(v) != len(choices) {
			return p, fmt.Errorf("memory: α of %d layers, the network has %d", len(v), len(choices))
		}
		for l := range v {
			if len(v[l]) != len(choices[l]) {
				return p, fmt.Errorf("memory: layer %d has α of %d choices, want %d", l, len(v[l]), len(choices[l]))
			}
		}
	}
	if p.Updates < 0 {
		return p, fmt.Errorf("memory: %d updates of α", p.Updates)
	}
	return p, nil
}

// Remember returns the state with the parameters as its memory.
func (p Parameters) Remember(st evolve.State) (evolve.State, error) {
	memory, err := json.Marshal(p)
	if err != nil {
		return st, err
	}
	st.Memory = memory
	return st, nil
}

// never is an α whose choice has the probability 0.
const never = -1e300

// Without gives the probability 0 to an operation in every layer.
func (p Parameters) Without(op evolve.OpID, choices [][]evolve.Path) Parameters {
	p.Alpha = clone(p.Alpha)
	for l, paths := range choices {
		for i, path := range paths {
			if slices.Contains(path, op) {
				p.Alpha[l][i] = never
			}
		}
	}
	return p
}

func clone(v [][]float64) [][]float64 {
	c := make([][]float64, len(v))
	for l := range v {
		c[l] = slices.Clone(v[l])
	}
	return c
}

// Probabilities are p by layer and choice.
func (p Parameters) Probabilities() [][]float64 {
	probabilities := make([][]float64, len(p.Alpha))
	for l, alpha := range p.Alpha {
		probabilities[l] = Softmax(alpha)
	}
	return probabilities
}

// Softmax is e^α_i / Σ_j e^α_j.
func Softmax(alpha []float64) []float64 {
	p := make([]float64, len(alpha))
	most, sum := slices.Max(alpha), 0.0
	for i, a := range alpha {
		p[i] = math.Exp(a - most)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// Through takes a gradient by the probabilities of a softmax to its parameters:
//
//	∂L/∂α_i = Σ_j ∂L/∂p_j · p_j·(δ_ij − p_i) = p_i·(∂L/∂p_i − Σ_j p_j·∂L/∂p_j)
func Through(p, gradient []float64) []float64 {
	mean := 0.0
	for j := range p {
		mean += p[j] * gradient[j]
	}
	g := make([]float64, len(p))
	for i := range p {
		g[i] = p[i] * (gradient[i] - mean)
	}
	return g
}

// Adam is the optimizer of α, with ε = 1e-8.
type Adam struct {
	LR, Beta1, Beta2 float64
	Decay            float64 // that times α is added to the gradient
}

const epsilon = 1e-8

// Step takes a step of Adam along a gradient by α, given by layer and choice. Choices that Without has taken out stay.
func (p Parameters) Step(a Adam, gradient [][]float64) Parameters {
	next := Parameters{clone(p.Alpha), clone(p.Mean), clone(p.Square), p.Updates + 1}
	correct1 := 1 - math.Pow(a.Beta1, float64(next.Updates))
	correct2 := 1 - math.Pow(a.Beta2, float64(next.Updates))
	for l, alpha := range next.Alpha {
		mean, square := next.Mean[l], next.Square[l]
		for i := range alpha {
			if alpha[i] == never {
				continue
			}
			g := gradient[l][i] + a.Decay*alpha[i]
			mean[i] = a.Beta1*mean[i] + (1-a.Beta1)*g
			square[i] = a.Beta2*square[i] + (1-a.Beta2)*g*g
			alpha[i] -= a.LR * (mean[i] / correct1) / (math.Sqrt(square[i]/correct2) + epsilon)
		}
	}
	return next
}

// Operations is α of the operations alone, by layer, without those that Without has taken out. It is what
// evolve.FitnessUpdated calls θ.
func (p Parameters) Operations(choices [][]evolve.Path) [][]float64 {
	theta := make([][]float64, len(p.Alpha))
	for l, alpha := range p.Alpha {
		theta[l] = []float64{}
		for i, a := range alpha {
			if len(choices[l][i]) > 0 && a != never {
				theta[l] = append(theta[l], a)
			}
		}
	}
	return theta
}

// ExpectedCost is the expected cost over the choices of every layer, and its derivative by every probability: the cost
// of the choice.
func ExpectedCost(
	problem evolve.Problem, choices [][]evolve.Path, probabilities [][]float64,
) (cost float64, byChoice [][]float64) {
	cost, byChoice = problem.Fixed, zeros(choices)
	for l, paths := range choices {
		for i, path := range paths {
			for _, op := range path {
				byChoice[l][i] += problem.Pool[op].Cost[l]
			}
			cost += probabilities[l][i] * byChoice[l][i]
		}
	}
	return cost, byChoice
}
