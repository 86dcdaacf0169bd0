package truth

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// Engine answers from a surrogate, and counts what training would have cost. It implements evolve.Engine, evolve.Solo,
// evolve.Mixing, evolve.Metered, evolve.Priced and evolve.Batched. Training changes nothing.
//
// Trainings alone are those of the surrogate, with the engine's seed. Shared weights show the level of an architecture
// with noise. Products of operations are differences in the level, without noise.
type Engine struct {
	surrogate  *Surrogate
	config     config.Config // of the search
	seed       uint64
	noise      float64 // of shared weights, in levels
	solo       *retrain.Solo
	spent      evolve.Ledger
	kept       map[string]bool    // trainings alone that have been done
	levels     map[string]float64 // by the keys of architectures that were asked for
	everything evolve.Arch        // all operations in every layer
}

// NewEngine makes an engine for a search of some settings, whose seed, batches and images of BN count. tau is Kendall's
// τ between levels and what shared weights show of them, if levels are normal. It is more than 0, and 1 without noise.
func NewEngine(s *Surrogate, c config.Config, tau float64) (*Engine, error) {
	if !(tau > 0 && tau <= 1) {
		return nil, fmt.Errorf("τ = %v: want more than 0 and at most 1", tau)
	}
	t := s.table
	r := math.Sin(math.Pi / 2 * tau) // τ = 2/π·arcsin r
	e := &Engine{surrogate: s, config: c, seed: c.Seed, noise: s.spread * math.Sqrt(max(0, 1/(r*r)-1)),
		kept: map[string]bool{}, levels: map[string]float64{}, everything: t.problem.Everything()}
	blank := func(n int) data.Split { return data.Split{Labels: make([]int32, n)} } // prices need numbers alone
	source := supernet.Source{Set: &data.Set{Test: blank(t.Recipe.Images.Test)}, Train: blank(t.Recipe.Images.Train),
		Held: blank(t.Recipe.Images.Held)}
	own := t.config
	e.solo = retrain.NewSolo(t.catalog.Skeleton, t.catalog.Build, source, own.Retrain, own.Score.Images, c.Seed, 1)
	return e, nil
}

// Problem is what there is to search.
func (t *Table) Problem() evolve.Problem { return t.problem }

// Test is the test accuracy of a last training, and what that costs. No search may see it.
func (e *Engine) Test(a evolve.Arch) (accuracy float64, epochs int, spent evolve.Ledger) {
	t, c := e.surrogate.table, e.surrogate.table.config.Retrain
	c.Epochs, c.EMA = e.surrogate.final.epochs, 0
	macs := int64(t.macs(a))
	return e.surrogate.Test(a, e.seed), c.Epochs, c.Spent(macs, t.Recipe.Images.Train, t.Recipe.Images.Test)
}

// Spent implements evolve.Metered.
func (e *Engine) Spent() evolve.Ledger { return e.spent }

// Batch implements evolve.Batched.
func (e *Engine) Batch() int { return e.config.Train.Batch }

// level is the level of an architecture.
func (e *Engine) level(a evolve.Arch) float64 {
	key := a.Key()
	level, known := e.levels[key]
	if !known {
		level = e.surrogate.Level(a)
		e.levels[key] = level
	}
	return level
}

// macs is the number of multiply-accumulates of a forward pass of one image.
func (e *Engine) macs(a evolve.Arch) float64 { return e.surrogate.table.macs(a) }

// TrainMACs implements evolve.Priced. A backward pass counts twice.
func (e *Engine) TrainMACs(a evolve.Arch) float64 { return 3 * e.macs(a) * float64(e.Batch()) }

// FitnessMACs implements evolve.Priced, as supernet.Engine does.
func (e *Engine) FitnessMACs(a, b evolve.Arch) float64 {
	s := e.surrogate.table.catalog.Skeleton
	fixed := 2*s.Stem.Count().MACs + s.Head.Count().MACs
	return (2*e.macs(a) + e.macs(b) - float64(fixed)) * float64(e.Batch())
}

// ScoreMACs implements evolve.Priced: recalibration and held-out images.
func (e *Engine) ScoreMACs(a evolve.Arch) float64 {
	t := e.surrogate.table
	return e.macs(a) * float64(min(e.config.Score.Images, t.Recipe.Images.Train)+t.Recipe.Images.Held)
}

// AloneMACs implements evolve.Priced.
func (e *Engine) AloneMACs(a evolve.Arch, epochs int) float64 { return e.solo.AloneMACs(a, epochs) }

// MixedMACs implements evolve.Mixing: all operations of the pool run.
func (e *Engine) MixedMACs() (train, fitness float64) {
	return e.TrainMACs(e.everything), e.FitnessMACs(e.everything, e.everything)
}

// Begin implements evolve.Engine. It does nothing.
func (e *Engine) Begin(int, []evolve.Path) error { return nil }

// update counts a weight update.
func (e *Engine) update(macs float64) {
	e.spent.TrainImages += int64(e.Batch())
	e.spent.Forward += macs / 3
	e.spent.Backward += 2 * macs / 3
}

// Train implements evolve.Engine. The loss is 1 minus the level.
func (e *Engine) Train(_ evolve.Step, a evolve.Arch) (loss float64, err error) {
	e.update(e.TrainMACs(a))
	return 1 - e.level(a), nil
}

// Fitness implements evolve.Engine. The products of a layer differ by the levels of a, and of a with the layer's
// operations of b instead.
func (e *Engine) Fitness(_ evolve.Step, a, b evolve.Arch) (g evolve.Gradient, err error) {
	e.spent.Fitness += e.FitnessMACs(a, b)
	level := e.level(a)
	g.Loss = 1 - level
	for l := range a {
		g.A, g.B = append(g.A, -level), append(g.B, -e.level(with(a, l, b[l])))
	}
	return g, nil
}

// with is an architecture with another path in a layer.
func with(a evolve.Arch, l int, path evolve.Path) evolve.Arch {
	a = slices.Clone(a)
	a[l] = path
	return a
}

// Score implements evolve.Engine.
func (e *Engine) Score(ctx context.Context, archs []evolve.Arch, done func(i int, accuracy float64) error) error {
	for i, a := range archs {
		e.spent.Scoring += e.ScoreMACs(a)
		drawn := random.New(e.seed, "shared "+a.Key(), 0, 0, 0).NormFloat64()
		if err := done(i, max(0, min(1, e.level(a)+e.noise*drawn))); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Alone implements evolve.Solo.
func (e *Engine) Alone(ctx context.Context, a evolve.Arch, ends []int) (accuracy float64, err error) {
	epochs, before := ends[len(ends)-1], ends[:len(ends)-1]
	t, c := e.surrogate.table, e.surrogate.table.config.Retrain
	images := func(epochs int) int64 {
		c.Epochs = epochs
		return c.Spent(0, t.Recipe.Images.Train, 0).TrainImages
	}
	key := func(ends []int) string { return fmt.Sprint(a, ends) }
	all, done := images(epochs), int64(0)
	if len(before) > 0 && e.kept[key(before)] {
		done = images(before[len(before)-1])
	}
	e.kept[key(ends)] = true
	e.spent.TrainImages += all - done
	e.spent.Alone += e.AloneMACs(a, epochs) - 3*e.macs(a)*float64(done)
	return e.surrogate.Held(a, epochs, e.seed), ctx.Err()
}

// TrainMixed implements evolve.Mixing. The loss is that of one architecture, drawn by the weights.
func (e *Engine) TrainMixed(s evolve.Step, weights [][]float64) (loss float64, err error) {
	train, _ := e.MixedMACs()
	e.update(train)
	return 1 - e.level(e.drawn("mixed update", s, weights)), nil
}

// FitnessMixed implements evolve.Mixing. One architecture is drawn by the weights. The product of an operation is minus
// the level with the operation in its layer instead.
func (e *Engine) FitnessMixed(s evolve.Step, weights [][]float64) (loss float64, products [][]float64, err error) {
	_, fitness := e.MixedMACs()
	e.spent.Fitness += fitness
	a := e.drawn("mixed fitness", s, weights)
	for l, list := range weights {
		products = append(products, make([]float64, len(list)))
		for i, w := range list {
			if w != 0 {
				products[l][i] = -e.level(with(a, l, e.path(l, i)))
			}
		}
	}
	return 1 - e.level(a), products, nil
}

// drawn draws one operation of every layer, with the weights as probabilities.
func (e *Engine) drawn(what string, s evolve.Step, weights [][]float64) (a evolve.Arch) {
	for l, list := range weights {
		sum := 0.
		for _, w := range list {
			sum += max(w, 0)
		}
		r, chosen := random.New(e.seed, what, s.Round, s.Index, l).Float64()*sum, 0
		for i, w := range list {
			if w > 0 {
				chosen = i
				if r -= w; r < 0 {
					break
				}
			}
		}
		a = append(a, e.path(l, chosen))
	}
	return a
}

// path is the path of a weight: in normal layers the identity is the first.
func (e *Engine) path(l, i int) evolve.Path {
	if e.surrogate.table.catalog.Layers[l].Normal() {
		if i--; i < 0 {
			return evolve.Path{}
		}
	}
	return evolve.Path{evolve.OpID(i)}
}
