// Package proxyless is ProxylessNAS of Cai, Zhu and Han, ProxylessNAS: Direct Neural Architecture Search on Target Task
// and Hardware (2019), its gradient-based form. A layer chooses one path by a softmax p over parameters α. α is learned
// by gradient while the weights are trained on what it draws.
//
// α begins with a normal distribution of standard deviation 1e-3. Weight updates train a path that is drawn from p. In
// the first quarter of training, paths are drawn uniformly and α stays. After every fifth weight update from then on, α
// is updated on a held-out batch. Two choices of each layer are drawn from p, without putting the first one back, and
// p̂ is the softmax of the two. One of them is on, drawn by p̂, and the network computes that. With g_j the gate of a
// choice that has the output o_j, and y the output of the layer,
//
//	∂L/∂g_j = ⟨∂L/∂y, o_j⟩
//	∂L/∂α_i = Σ_j ∂L/∂g_j · p̂_j·(δ_ij − p̂_i)        over the two
//
// The loss has the resource term λ·(E[cost] − τ)/τ with λ = 0.1, and the expected cost over p of all choices. Adam
// takes the step, with betas 0 and 0.999 and no decay. Both α of a layer's pair are then moved by the same amount, so
// that the sum of their exponentials is what it was. So the probabilities of choices that were not drawn stay, but for
// the resource term.
//
// What had to be chosen: the paper's learning rate of 1e-3 belongs to its 115 000 updates of α. A search of n updates
// has the rate 1e-3·√(115 000/n), so that noise alone moves α as far. Paths are single-branch, as in the paper. The
// identity is one of the choices of a normal layer, and an operation is there what its architecture computes: the mean
// with the identity. Labels are not smoothed, where the paper smooths by 0.1. The result is the most probable
// architecture within the constraint interval: the arg max, where its cost lies there.
package proxyless

import (
	"context"
	"math"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/relaxation"
	"github.com/nse-dev/nse/evolve/methods/shared"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
)

// Config configures ProxylessNAS.
type Config struct {
	// Every is the number of weight updates before each update of α.
	Every int `toml:"every"`
	// Warmup is the part of training in which paths are drawn uniformly and α stays.
	Warmup float64 `toml:"warmup"`
	// LR is Adam's learning rate in a search of 115 000 updates of α. In one of n it is √(115 000/n) times that.
	LR float64 `toml:"lr"`
	// Resource is the weight λ of the resource term.
	Resource float64 `toml:"resource"`
	// Candidates is the number of the most probable architectures that are scored.
	Candidates int `toml:"candidates"`
}

// Default is the paper's configuration.
func Default() Config { return Config{Every: 5, Warmup: 0.25, LR: 1e-3, Resource: 0.1, Candidates: 1} }

// Validate refuses settings with which α cannot be learned, by *setting.Error.
func (c Config) Validate() error {
	switch {
	case c.Every < 1:
		return setting.Errorf("every", c.Every, "want at least 1")
	case !(c.Warmup >= 0 && c.Warmup < 1):
		return setting.Errorf("warmup", c.Warmup, "want 0 to 1, 1 excluded")
	case !(c.Resource >= 0 && c.Resource <= 1e6):
		return setting.Errorf("resource", c.Resource, "want 0 to 1e6")
	}
	return relaxation.Validate(c.LR, c.Candidates)
}

// published is the number of updates of α in the paper: 120 epochs of 1 231 167 images, in batches of 256, and one
// after every fifth weight update.
const published = 115_000

// Method implements evolve.Method.
type Method struct{ Config Config }

// Validate implements evolve.Method.
func (m Method) Validate(s evolve.Search, st evolve.State) error {
	return relaxation.Check(s, st, m.shared())
}

// Advance implements evolve.Method.
func (m Method) Advance(ctx context.Context, s *evolve.Search, st evolve.State) (evolve.State, error) {
	return m.shared().Advance(ctx, s, st)
}

func (m Method) shared() shared.Method {
	return relaxation.Method(m.step, m.cost, m.Config.Candidates)
}

// cost is the expected price of what is left of training, with paths by the present p.
func (m Method) cost(s evolve.Search, e evolve.Priced, st evolve.State) func(n int) float64 {
	choices := relaxation.Choices(s)
	probabilities := shared.Uniform(choices)
	if p, err := relaxation.Recall(st, choices); err == nil { // there is none before the start
		probabilities = p.Probabilities()
	}
	train := shared.PricesOf(e.TrainMACs, choices).Expected(probabilities)
	both := func(a evolve.Arch) float64 { return e.FitnessMACs(a, a) }
	fitness := shared.PricesOf(both, choices).Expected(probabilities)
	return func(n int) float64 {
		warm := int(m.Config.Warmup * float64(n))
		updates := n/m.Config.Every - max(warm, st.Step)/m.Config.Every
		return float64(n-st.Step)*train + float64(updates)*fitness
	}
}

// step takes a weight update on a path that is drawn from p, and then updates α where it is time.
func (m Method) step(s evolve.Search, st evolve.State) (evolve.State, error) {
	choices := relaxation.Choices(s)
	p, err := relaxation.Recall(st, choices)
	if err != nil {
		return st, err
	}
	warm := int(m.Config.Warmup * float64(s.Config.TrainSteps))
	a := make(evolve.Arch, len(choices))
	for l, probabilities := range p.Probabilities() {
		if st.Step < warm {
			probabilities = even(probabilities)
		}
		r := random.New(s.Seed, "path", st.Round, st.Step, l)
		a[l] = choices[l][drawChoice(r, probabilities)]
	}
	if st, err = s.TrainOn(st, a); err != nil {
		return st, err
	}
	every := m.Config.Every
	if st.Step <= warm || st.Step%every != 0 {
		return st, nil
	}
	total := s.Config.TrainSteps/every - warm/every
	step := evolve.Step{Round: st.Round, Index: p.Updates, Total: max(total, p.Updates+1)}
	return m.update(s, st, step, p, choices)
}

// even gives all choices that are possible the same probability.
func even(p []float64) []float64 {
	e, n := make([]float64, len(p)), 0.0
	for _, v := range p {
		if v > 0 {
			n++
		}
	}
	for i, v := range p {
		if v > 0 {
			e[i] = 1 / n
		}
	}
	return e
}

// update updates α on a held-out batch.
func (m Method) update(
	s evolve.Search, st evolve.State, step evolve.Step, p relaxation.Parameters, choices [][]evolve.Path,
) (evolve.State, error) {
	probabilities := p.Probabilities()
	pairs := make([]pair, len(choices))
	on, off := make(evolve.Arch, len(choices)), make(evolve.Arch, len(choices))
	for l := range choices {
		pairs[l] = drawPair(random.New(s.Seed, "pair", step.Round, step.Index, l), probabilities[l])
		on[l], off[l] = choices[l][pairs[l].on], choices[l][pairs[l].off]
	}
	measured, err := s.Measure(step, on, off)
	if err != nil {
		return st, err
	}
	term, cost, gradient := resource(s.Problem, s.Config.Constraint.Tau, m.Config.Resource, choices, probabilities)
	for l, c := range pairs {
		gateGradient(gradient[l], p.Alpha[l], c, measured.A[l], measured.B[l])
	}
	rate := m.Config.LR * math.Sqrt(published/float64(step.Total))
	next := p.Step(relaxation.Adam{LR: rate, Beta2: 0.999}, gradient)
	for l, c := range pairs {
		rescale(next.Alpha[l], p.Alpha[l], c)
	}
	return next.Report(s, st, choices, evolve.FitnessUpdated{Step: step.Index, Loss: measured.Loss, Cost: cost,
		Resource: term}, step)
}
