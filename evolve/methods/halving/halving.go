// Package halving is successive halving (Jamieson and Talwalkar, 2016) and Hyperband (Li et al., 2018, algorithm 1),
// with architectures trained alone.
//
// A bracket begins with n random architectures, each trained for r epochs. The best of them, one in η, are trained on
// to η·r epochs, and so on, up to R epochs. Successive halving repeats the bracket that begins with the least epochs.
// Hyperband goes in turn through all brackets, from many architectures and little training to few that are trained for
// R epochs at once:
//
//	n = ⌈N·(S+1)·η^s / ((s+1)·η^S)⌉, r = R/η^s, for s = S, …, 0
//
// η = 3 is the paper's. What had to be chosen: R = 9 epochs in rungs of 1, 3 and 9, and N = 27 architectures in the
// bracket S, which are three times those of algorithm 1. Training restarts its learning rate in every rung. Brackets
// repeat until the budget is spent. The front is that of the architectures that were trained for R epochs.
package halving

import (
	"context"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/alone"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
)

// Config configures the brackets.
type Config struct {
	// Eta is the factor η: one in η goes on, to η times the epochs.
	Eta int `toml:"eta"`
	// Rungs is the number of steps of the longest bracket.
	Rungs int `toml:"rungs"`
	// Epochs is the length of the training in its first step, in epochs.
	Epochs int `toml:"epochs"`
	// Candidates is the number of architectures that it begins with.
	Candidates int `toml:"candidates"`
}

// Default has rungs of 27, 9 and 3 architectures after 1, 3 and 9 epochs.
func Default() Config { return Config{Eta: 3, Rungs: 3, Epochs: 1, Candidates: 27} }

// Validate refuses brackets that end without an architecture, by *setting.Error.
func (c Config) Validate() error {
	const most = 100_000
	switch {
	case c.Eta < 2 || c.Eta > 100:
		return setting.Errorf("eta", c.Eta, "want 2 to 100")
	case c.Rungs < 1 || c.Rungs > 10:
		return setting.Errorf("rungs", c.Rungs, "want 1 to 10")
	case c.Epochs < 1 || float64(c.Epochs)*c.power(c.Rungs-1) > most:
		return setting.Errorf("epochs", c.Epochs, "want 1 or more, and at most %d in the last rung", most)
	case c.Candidates > most || float64(c.Candidates) < c.power(c.Rungs-1):
		return setting.Errorf("candidates", c.Candidates, "want %.0f to %d, so that one is left for the last rung",
			c.power(c.Rungs-1), most)
	}
	return nil
}

// power is η^i.
func (c Config) power(i int) float64 { return math.Pow(float64(c.Eta), float64(i)) }

// Method implements evolve.Method.
type Method struct {
	Alone alone.Config
	Config
	Hyperband bool // goes through all brackets, and not only through the longest
}

// Validate implements evolve.Method. The engine must train single architectures.
func (m Method) Validate(s evolve.Search, st evolve.State) error {
	if _, solo := s.Engine.(evolve.Solo); s.Engine != nil && !solo {
		name := "halving"
		if m.Hyperband {
			name = "hyperband"
		}
		return setting.Errorf("method", name, "want an engine that trains single architectures")
	}
	return m.alone().Validate(s, st)
}

// Advance implements evolve.Method.
func (m Method) Advance(ctx context.Context, s *evolve.Search, st evolve.State) (evolve.State, error) {
	return m.alone().Advance(ctx, s, st)
}

// alone is the method without what it asks of the engine.
func (m Method) alone() alone.Method {
	return alone.Method{Config: m.Alone, Next: m.Next, Ahead: alone.Independent}
}

// Next goes on where the brackets stand. It is an alone.Proposer.
func (m Method) Next(h alone.History) (p alone.Proposal, ok bool) {
	left := h.Trials
	for b := 0; ; b++ {
		var before []evolve.Trial
		for i, x := range m.bracket(b) {
			var best evolve.Arch
			if i > 0 {
				if h.Open > len(left) {
					return alone.Proposal{Wait: true}, true
				}
				x.size, best = alone.Promote(before, left, x.size)
			}
			switch {
			case len(left) >= x.size:
				before, left = left[:x.size], left[x.size:]
			case i > 0:
				return alone.Proposal{Arch: best, Ends: x.ends}, true
			default:
				a, found := h.Prior.Within(random.New(h.Seed, "halving", 1, len(h.Trials), 0), h.Seen())
				return alone.Proposal{Arch: a, Ends: x.ends}, found
			}
		}
	}
}

// rung is a step of a bracket.
type rung struct {
	size int   // number of architectures
	ends []int // epochs in all after this and each earlier rung
}

// bracket lists the rungs of the b-th bracket, from 0.
func (m Method) bracket(b int) []rung {
	longest := m.Rungs - 1
	s := longest
	if m.Hyperband {
		s -= b % m.Rungs
	}
	// The quotient is exact in whole numbers, so that its ceiling is.
	n := m.Candidates * m.Rungs * int(m.power(s))
	divisor := (s + 1) * int(m.power(longest))
	n = (n + divisor - 1) / divisor
	var rungs []rung
	var ends []int
	for i := range s + 1 {
		ends = append(ends, m.Epochs*int(m.power(longest-s+i)))
		rungs = append(rungs, rung{n / int(m.power(i)), slices.Clone(ends)})
	}
	return rungs
}
