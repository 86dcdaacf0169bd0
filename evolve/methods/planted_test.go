package methods_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
)

// planted is an engine over a table: every operation has a quality at every layer, and a layer is worth the mean
// quality of its branches, with the identity worth 0. Accuracy rises with the mean over the layers. Training alone adds
// noise that falls with the epochs, and that depends on the architecture alone.
type planted struct {
	quality [][]float64 // by layer and operation, 0..1
	normal  []bool
	noise   float64 // standard deviation after an epoch
	seed    uint64
}

func (e *planted) Begin(int, []evolve.Path) error { return nil }

func (e *planted) Train(_ evolve.Step, a evolve.Arch) (float64, error) { return 2 - e.worth(a), nil }

func (e *planted) Fitness(_ evolve.Step, a, b evolve.Arch) (evolve.Gradient, error) {
	g := evolve.Gradient{Loss: 2 - e.worth(a)}
	for l := range a {
		g.A, g.B = append(g.A, -e.layer(l, a[l])), append(g.B, -e.layer(l, b[l]))
	}
	return g, nil
}

func (e *planted) TrainMixed(_ evolve.Step, weights [][]float64) (float64, error) {
	return 2 - e.mixture(weights), nil
}

func (e *planted) FitnessMixed(_ evolve.Step, weights [][]float64) (float64, [][]float64, error) {
	return 2 - e.mixture(weights), e.slopes(weights), nil
}

func (e *planted) MixedMACs() (train, fitness float64) { return 3, 2 }

// slopes is minus the quality of every branch of a mixture: the derivative of its loss, times the number of layers.
func (e *planted) slopes(weights [][]float64) [][]float64 {
	slopes := make([][]float64, len(weights))
	for l := range weights {
		if e.normal[l] {
			slopes[l] = append(slopes[l], 0)
		}
		for _, q := range e.quality[l] {
			slopes[l] = append(slopes[l], -q)
		}
	}
	return slopes
}

// mixture is the mean over the layers of the quality of a mixture.
func (e *planted) mixture(weights [][]float64) float64 {
	sum := 0.0
	for l, slopes := range e.slopes(weights) {
		for i, w := range weights[l] {
			sum -= w * slopes[i]
		}
	}
	return sum / float64(len(weights))
}

// Score is what training for 4 epochs finds.
func (e *planted) Score(ctx context.Context, archs []evolve.Arch, done func(int, float64) error) error {
	for i, a := range archs {
		if err := done(i, e.accuracy(a, 4)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// accuracy is 0.1 to 0.9 without noise.
func (e *planted) accuracy(a evolve.Arch, epochs int) float64 {
	noise := e.noise * random.New(e.seed, a.Key(), epochs, 0, 0).NormFloat64() / math.Sqrt(float64(epochs))
	return min(max(0.1+0.8*e.worth(a)+noise, 0), 1)
}

// worth is the mean over the layers, 0..1.
func (e *planted) worth(a evolve.Arch) float64 {
	sum := 0.0
	for l, path := range a {
		sum += e.layer(l, path)
	}
	return sum / float64(len(a))
}

func (e *planted) layer(l int, path evolve.Path) float64 {
	branches, sum := float64(len(path)), 0.0
	if e.normal[l] {
		branches++
	}
	for _, op := range path {
		sum += e.quality[l][op]
	}
	return sum / max(branches, 1)
}

// solo is the engine that trains single architectures too.
type solo struct {
	*planted
	epochs int // of all calls
}

func (e *solo) Alone(ctx context.Context, a evolve.Arch, ends []int) (float64, error) {
	e.epochs += ends[len(ends)-1]
	return e.accuracy(a, ends[len(ends)-1]), ctx.Err()
}

// plant makes a search over 5 operations in 4 layers, of which one is a reduction layer. Qualities are drawn from the
// seed. Costs are 0.5 to 1.5 an operation, and independent of quality.
func plant(t testing.TB, seed uint64) (evolve.Search, *solo) {
	t.Helper()
	const ops = 5
	p := evolve.Problem{Normal: []bool{true, false, true, true}, Fixed: 0.5}
	e := &planted{normal: p.Normal, seed: seed, quality: make([][]float64, len(p.Normal))}
	r := random.New(seed, "plant", 0, 0, 0)
	for i := range ops {
		c := evolve.Candidate{Name: fmt.Sprint("op", i)}
		for l := range p.Normal {
			e.quality[l] = append(e.quality[l], r.Float64())
			c.Cost = append(c.Cost, 0.5+r.Float64())
		}
		p.Pool = append(p.Pool, c)
	}
	c, err := evolve.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	c.K, c.TrainSteps = 2, 8
	c.Constraint = evolve.ConstraintConfig{Tau: 4, Width: 0.25, Beta: 2}
	c.Front = evolve.FrontConfig{Samples: 10, Attempts: 1000}
	engine := &solo{planted: e}
	return evolve.Search{Problem: p, Config: c, Seed: seed, Engine: engine}, engine
}

// within lists all architectures of a single-branch search within its interval.
func within(s evolve.Search) (archs []evolve.Arch) {
	var add func(a evolve.Arch)
	add = func(a evolve.Arch) {
		l := len(a)
		if l == len(s.Problem.Normal) {
			cost, c := s.Problem.Cost(a), s.Config.Constraint
			if cost >= c.Low() && cost <= c.High() {
				archs = append(archs, a)
			}
			return
		}
		if s.Problem.Normal[l] {
			add(append(a[:l:l], evolve.Path{}))
		}
		for op := range s.Problem.Pool {
			add(append(a[:l:l], evolve.Path{evolve.OpID(op)}))
		}
	}
	add(nil)
	return archs
}
