// Package oneshot is the search of Bender, Kindermans, Zoph, Vasudevan and Le, Understanding and Simplifying One-Shot
// Architecture Search (2018). One network that contains every operation is trained once. Random architectures are
// scored with its weights, and the best are the result.
//
// Operations are dropped while it is trained, so that none relies on another. At the end, each operation of a layer of
// k operations is dropped from a weight update with the rate
//
//	r^(1/k)    0 < r < 1
//
// independently of the others, so that r is the probability that all are. The rate rises linearly from 0 at the first
// weight update.
//
// What had to be chosen: r is 0.1, with which about two of 27 operations are left at the end. The identity of a normal
// layer is never dropped. A reduction layer that would lose everything keeps one operation, drawn uniformly. A weight
// update drops the same operations for all of its images, where the paper divides a batch. Architectures to score come
// from package prior, within the constraint interval, and there are no extras. Layers have up to K branches.
package oneshot

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/prior"
	"github.com/nse-dev/nse/evolve/methods/shared"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
)

// Config configures One-Shot. The number of architectures that are scored is search.front.samples.
type Config struct {
	// Drop is r: the probability that all operations of a layer are dropped from the last weight update.
	Drop float64 `toml:"drop"`
	// TrainShare is the part of budget.macs that training gets. Scoring gets the rest, if it has use for it.
	TrainShare float64 `toml:"train_share"`
}

// Default is the configuration that the package comment describes.
func Default() Config { return Config{Drop: 0.1, TrainShare: 0.7} }

// Validate refuses rates with which nothing or everything is dropped, by *setting.Error.
func (c Config) Validate() error {
	switch {
	case !(c.Drop > 0 && c.Drop < 1):
		return setting.Errorf("drop", c.Drop, "want more than 0 and less than 1")
	case !(c.TrainShare > 0 && c.TrainShare < 1):
		return setting.Errorf("train_share", c.TrainShare, "want more than 0 and less than 1")
	}
	return nil
}

// Method implements evolve.Method.
type Method struct{ Config Config }

// Validate implements evolve.Method.
func (m Method) Validate(s evolve.Search, st evolve.State) error { return m.shared().Validate(s, st) }

// Advance implements evolve.Method.
func (m Method) Advance(ctx context.Context, s *evolve.Search, st evolve.State) (evolve.State, error) {
	return m.shared().Advance(ctx, s, st)
}

func (m Method) shared() shared.Method {
	return shared.Method{Step: m.step, Next: next, Cost: m.cost, Share: m.Config.TrainShare,
		Scores: func(s evolve.Search) int { return s.Config.Front.Samples }}
}

// cost is the expected price of what is left of training, by the mean rate of what is left.
func (m Method) cost(s evolve.Search, e evolve.Priced, st evolve.State) func(n int) float64 {
	choices := make([][]evolve.Path, len(s.Problem.Normal)) // every operation alone
	for l, ops := range s.Problem.Everything() {
		for _, op := range ops {
			choices[l] = append(choices[l], evolve.Path{op})
		}
	}
	prices := shared.PricesOf(e.TrainMACs, choices)
	k := len(s.Problem.Pool)
	return func(n int) float64 {
		rate := (m.Config.rate(k, st.Step, n) + m.Config.rate(k, n-1, n)) / 2
		kept := prices.Base
		for _, layer := range prices.Choice {
			for _, price := range layer {
				kept += (1 - rate) * price
			}
		}
		return float64(n-st.Step) * kept
	}
}

// step takes a weight update on what is not dropped.
func (m Method) step(s evolve.Search, st evolve.State) (evolve.State, error) {
	a := make(evolve.Arch, len(s.Problem.Normal))
	for l, ops := range st.Space.Subset() {
		rate := m.Config.rate(len(ops), st.Step, s.Config.TrainSteps)
		a[l] = keep(random.New(s.Seed, "path dropout", st.Round, st.Step, l), ops, rate, s.Problem.Normal[l])
	}
	return s.TrainOn(st, a)
}

// rate is that of dropping each of k operations from one of so many weight updates, which count from 0.
func (c Config) rate(k, step, steps int) float64 {
	return math.Pow(c.Drop, 1/float64(max(k, 1))) * float64(step) / float64(max(steps-1, 1))
}

// keep lists the operations that are not dropped.
func keep(r *rand.Rand, ops evolve.Path, rate float64, normal bool) evolve.Path {
	kept := evolve.Path{}
	for _, op := range ops {
		if r.Float64() >= rate {
			kept = append(kept, op)
		}
	}
	if len(kept) == 0 && !normal {
		kept = append(kept, ops[r.IntN(len(ops))])
	}
	return kept
}

// next draws the architectures that search.front.samples has left to score.
func next(s evolve.Search, st evolve.State) (archs []evolve.Arch, wanted int, err error) {
	seen, left := map[string]bool{}, s.Config.Front.Samples
	for _, t := range st.Trials {
		seen[t.Arch.Key()] = true
		if !t.Gone {
			left--
		}
	}
	p := prior.New(s, st.Space.Subset())
	r := random.New(s.Seed, "one-shot sample", st.Round, len(st.Trials), 0)
	for len(archs) < left {
		a, found := p.Within(r, seen)
		if !found {
			break
		}
		seen[a.Key()] = true
		archs = append(archs, a)
	}
	return archs, left, nil
}
