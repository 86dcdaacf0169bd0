// Package darts is DARTS of Liu, Simonyan and Yang, DARTS: Differentiable Architecture Search (2019), its first-order
// form. Every layer computes all of its choices at once, mixed by a softmax p over parameters α. α and the weights are
// trained in turn.
//
// With o_i the output of a choice on the layer's input, and y the output of the layer,
//
//	y = Σ_i p_i·o_i
//	∂L/∂α_i = p_i·(d_i − Σ_j p_j·d_j)        d_i = ⟨∂L/∂y, o_i⟩
//
// α begins with a normal distribution of standard deviation 1e-3. Before every weight update, Adam takes a step of α on
// a held-out batch: learning rate 3e-4, betas 0.5 and 0.999, and a decay of 1e-3 that is added to the gradient. The
// weight update is on a training batch and the new α. Its gradient is scaled down to a norm of 5. First order means
// that the gradient by α takes the weights as they are.
//
// What had to be chosen: the paper's learning rate of α belongs to its 19 500 updates. A search of n updates has the
// rate 3e-4·√(19 500/n), so that noise alone moves α as far. The choices are the operations, and the identity of a
// normal layer in the place of the paper's skip connection. There is no zero operation, and layers form a chain instead
// of a cell. BN has scales and shifts. The result is single-branch: the most probable architecture within the
// constraint interval, which is the arg max where its cost lies there. An operation of a normal layer then stands in
// the mean with the identity, so that what is retrained is not quite what the mixture was. Where layers join by a sum
// it is what the mixture was. A residual layer mixes the identity and, for each operation, its sum with the identity.
// Costs have no part in the loss.
package darts

import (
	"context"
	"errors"
	"math"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/relaxation"
	"github.com/nse-dev/nse/evolve/methods/shared"
	"github.com/nse-dev/nse/internal/setting"
)

// Config configures DARTS.
type Config struct {
	// LR is Adam's learning rate in a search of 19 500 updates of α. In one of n it is √(19 500/n) times that.
	LR float64 `toml:"lr"`
	// Decay is the weight decay of α.
	Decay float64 `toml:"decay"`
	// Candidates is the number of the most probable architectures that are scored.
	Candidates int `toml:"candidates"`
}

// Default is the paper's configuration.
func Default() Config { return Config{LR: 3e-4, Decay: 1e-3, Candidates: 1} }

// Validate refuses settings with which α cannot be learned, by *setting.Error.
func (c Config) Validate() error {
	if !(c.Decay >= 0 && c.Decay < 1) {
		return setting.Errorf("decay", c.Decay, "want 0 to 1, 1 excluded")
	}
	return relaxation.Validate(c.LR, c.Candidates)
}

// published is the number of updates of α in the paper: 50 epochs of 25 000 images, in batches of 64.
const published = 19_500

// Method implements evolve.Method. The engine must implement evolve.Mixing.
type Method struct{ Config Config }

// Validate implements evolve.Method.
func (m Method) Validate(s evolve.Search, st evolve.State) error {
	if s.Engine != nil {
		if _, mixes := s.Engine.(evolve.Mixing); !mixes {
			return errors.New("the engine cannot mix operations, which DARTS needs: choose another method")
		}
	}
	return relaxation.Check(s, st, m.shared())
}

// Advance implements evolve.Method.
func (m Method) Advance(ctx context.Context, s *evolve.Search, st evolve.State) (evolve.State, error) {
	return m.shared().Advance(ctx, s, st)
}

func (m Method) shared() shared.Method {
	return relaxation.Method(m.step, cost, m.Config.Candidates)
}

// cost is the price of what is left of training. Before the start the engine has nothing to mix yet: the price of an
// architecture of all operations stands for that of the mixture.
func cost(s evolve.Search, e evolve.Priced, st evolve.State) func(n int) float64 {
	if st.Round == 0 {
		all := evolve.Arch(s.Problem.Everything())
		return shared.Linear(st, e.TrainMACs(all)+e.FitnessMACs(all, all))
	}
	train, fitness := s.Engine.(evolve.Mixing).MixedMACs()
	return shared.Linear(st, train+fitness)
}

// step updates α on a held-out batch, and then the weights of the mixture. If the second fails, the first counts for
// nothing.
func (m Method) step(s evolve.Search, st evolve.State) (evolve.State, error) {
	engine := s.Engine.(evolve.Mixing)
	choices := relaxation.Choices(s)
	p, err := relaxation.Recall(st, choices)
	if err != nil {
		return st, err
	}
	step := evolve.Step{Round: st.Round, Index: st.Step, Total: s.Config.TrainSteps}
	loss, products, err := s.MeasureMixed(step, engine, p.Probabilities())
	if err != nil {
		return st, err
	}
	p = m.Config.update(p, products, step.Total)
	trained, err := s.TrainMixed(st, engine, p.Probabilities())
	if err != nil {
		return st, err
	}
	cost, _ := relaxation.ExpectedCost(s.Problem, choices, p.Probabilities())
	return p.Report(s, trained, choices, evolve.FitnessUpdated{Step: step.Index, Loss: loss, Cost: cost}, step)
}

// update takes one of so many steps of α, by ⟨∂L/∂y, o_i⟩ of every choice.
func (c Config) update(p relaxation.Parameters, products [][]float64, steps int) relaxation.Parameters {
	gradient := p.Probabilities()
	for l := range gradient {
		gradient[l] = relaxation.Through(gradient[l], products[l])
	}
	rate := c.LR * math.Sqrt(published/float64(steps))
	return p.Step(relaxation.Adam{LR: rate, Beta1: 0.5, Beta2: 0.999, Decay: c.Decay}, gradient)
}
