package nasbench

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
)

// Config says how well an engine measures.
type Config struct {
	Space Space
	Data  Data
	Seed  uint64 // of all noise
	// Tau is Kendall's rank correlation, over all cells, between validation accuracies as they are measured and those
	// of the table: more than 0, and 1 without noise. It is that with shared weights, and after Epochs of training
	// alone.
	Tau float64
	// Epochs of training alone have that Tau: at least 1. The variance of the noise is in proportion to 1/epochs.
	Epochs int
	// Gradient is the standard deviation of the products that Fitness and FitnessMixed give.
	Gradient float64
}

// Engine answers from a table, with noise. It implements evolve.Engine, evolve.Solo and evolve.Mixing, and has no
// state: training does nothing.
//
// Accuracies are noisy in their ranks. The rank of a cell is a quantile of the normal distribution, and noise is added
// to it. What is measured is the accuracy that the table has at the resulting quantile. Each cell has its own noise,
// which follows from the seed and the epochs. Measured accuracies are distributed as those of the table, and a rank
// correlation of ρ between normal variables is a τ of 2/π·arcsin ρ.
type Engine struct {
	table  *Table
	config Config
	noise  float64 // standard deviation of the noise where that of the quantiles is 1
}

// New makes an engine. What Config rules out is an error.
func New(t *Table, c Config) (*Engine, error) {
	switch {
	case c.Space != Edges && c.Space != Pairs:
		return nil, fmt.Errorf("nasbench: space %d: want %d or %d", c.Space, Edges, Pairs)
	case t.valid[c.Data] == nil:
		return nil, fmt.Errorf("nasbench: data set %q: want one of %v", c.Data, DataSets())
	case !(c.Tau > 0 && c.Tau <= 1):
		return nil, fmt.Errorf("nasbench: rank correlation %v: want more than 0 and at most 1", c.Tau)
	case c.Epochs < 1:
		return nil, fmt.Errorf("nasbench: %d epochs: want 1 or more", c.Epochs)
	case !(c.Gradient >= 0) || math.IsInf(c.Gradient, 0):
		return nil, fmt.Errorf("nasbench: gradient's noise %v: want 0 or more", c.Gradient)
	}
	return &Engine{t, c, 1 / math.Tan(math.Pi/2*c.Tau)}, nil
}

// Valid is the validation accuracy of the table, 0 to 1.
func (e *Engine) Valid(a evolve.Arch) (float64, error) { return e.look(e.table.valid, a) }

// Test is the test accuracy of the table, 0 to 1. No search may see it.
func (e *Engine) Test(a evolve.Arch) (float64, error) { return e.look(e.table.test, a) }

func (e *Engine) look(in map[Data][]float64, a evolve.Arch) (float64, error) {
	cell, err := e.config.Space.cell(a)
	if err != nil {
		return 0, err
	}
	return in[e.config.Data][cell], nil
}

// Begin implements evolve.Engine. It does nothing.
func (e *Engine) Begin(int, []evolve.Path) error { return nil }

// Train implements evolve.Engine. It changes nothing: the loss is 1 minus the accuracy of the table.
func (e *Engine) Train(_ evolve.Step, a evolve.Arch) (loss float64, err error) {
	accuracy, err := e.Valid(a)
	return 1 - accuracy, err
}

// Score implements evolve.Engine.
func (e *Engine) Score(ctx context.Context, archs []evolve.Arch, done func(i int, accuracy float64) error) error {
	for i, a := range archs {
		accuracy, err := e.measure(a, 0)
		if err != nil {
			return err
		}
		if err := done(i, accuracy); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Alone implements evolve.Solo. Only the epochs in all count.
func (e *Engine) Alone(ctx context.Context, a evolve.Arch, ends []int) (accuracy float64, err error) {
	if accuracy, err = e.measure(a, ends[len(ends)-1]); err != nil {
		return 0, err
	}
	return accuracy, ctx.Err()
}

// measure is the accuracy after so many epochs of training alone. With 0 it is that with shared weights.
func (e *Engine) measure(a evolve.Arch, epochs int) (float64, error) {
	cell, err := e.config.Space.cell(a)
	if err != nil {
		return 0, err
	}
	noise := e.noise
	if epochs > 0 {
		noise *= math.Sqrt(float64(e.config.Epochs) / float64(epochs))
	}
	quantile := (float64(e.table.ranks[e.config.Data][cell]) + 0.5) / cells
	drawn := random.New(e.config.Seed, "accuracy", cell, epochs, 0).NormFloat64()
	normal := (math.Sqrt2*math.Erfinv(2*quantile-1) + noise*drawn) / math.Sqrt(1+noise*noise)
	rank := int(cells * (1 + math.Erf(normal/math.Sqrt2)) / 2)
	return e.table.sorted[e.config.Data][min(rank, cells-1)], nil
}

// Fitness implements evolve.Engine. The products of a layer differ by what the table says of a, and of a with the
// layer's operation of b instead.
func (e *Engine) Fitness(s evolve.Step, a, b evolve.Arch) (g evolve.Gradient, err error) {
	accuracy, err := e.Valid(a)
	if err != nil {
		return g, err
	}
	g.Loss = 1 - accuracy
	for l := range a {
		other := slices.Clone(a)
		other[l] = b[l]
		instead, err := e.Valid(other)
		if err != nil {
			return g, err
		}
		r := random.New(e.config.Seed, "gradient", s.Round, s.Index, l)
		g.A = append(g.A, -accuracy+e.config.Gradient*r.NormFloat64())
		g.B = append(g.B, -instead+e.config.Gradient*r.NormFloat64())
	}
	return g, nil
}

// TrainMixed implements evolve.Mixing. It changes nothing: the loss is 1 minus the expected accuracy of the table.
func (e *Engine) TrainMixed(_ evolve.Step, weights [][]float64) (loss float64, err error) {
	products, err := e.conditional(weights)
	if err != nil {
		return 0, err
	}
	for i, w := range weights[0] {
		loss += w * products[0][i]
	}
	return 1 + loss, nil
}

// FitnessMixed implements evolve.Mixing. The product of an operation is minus the expected accuracy of the table with
// the operation in its layer, where the weights of the other layers are probabilities.
func (e *Engine) FitnessMixed(s evolve.Step, weights [][]float64) (loss float64, products [][]float64, err error) {
	if products, err = e.conditional(weights); err != nil {
		return 0, nil, err
	}
	for i, w := range weights[0] {
		loss += w * products[0][i]
	}
	for l := range products {
		r := random.New(e.config.Seed, "mixed gradient", s.Round, s.Index, l)
		for i := range products[l] {
			products[l][i] += e.config.Gradient * r.NormFloat64()
		}
	}
	return 1 + loss, products, nil
}

// MixedMACs implements evolve.Mixing: a table costs nothing.
func (e *Engine) MixedMACs() (train, fitness float64) { return 0, 0 }

// conditional is minus the expected accuracy, for each layer and operation given that it is there.
func (e *Engine) conditional(weights [][]float64) (products [][]float64, err error) {
	layers, n := edges/int(e.config.Space), e.config.Space.operations()
	if len(weights) != layers {
		return nil, fmt.Errorf("nasbench: weights of %d layers, want %d", len(weights), layers)
	}
	for l, w := range weights {
		if len(w) != n {
			return nil, fmt.Errorf("nasbench: %d weights in layer %d, want those of all %d operations", len(w), l, n)
		}
		products = append(products, make([]float64, n))
	}
	at, before, after := make([]int, layers), make([]float64, layers+1), make([]float64, layers+1)
	before[0], after[layers] = 1, 1 // products of the weights before and behind a layer
	for cell, accuracy := range e.table.valid[e.config.Data] {
		for l := range slices.Backward(at) {
			at[l] = cell % n
			cell /= n
			after[l] = after[l+1] * weights[l][at[l]]
		}
		for l, i := range at {
			products[l][i] -= before[l] * after[l+1] * accuracy
			before[l+1] = before[l] * weights[l][i]
		}
	}
	return products, nil
}
