// Package random is random search: architectures are drawn and trained alone, and the best are the result. Li and
// Talwalkar (2020) show that few methods beat it at equal cost.
//
// There is nothing to learn and no constant. What had to be chosen: draws come from package prior, within the
// constraint interval, and no architecture is evaluated twice. Layers have up to K branches.
package random

import (
	"github.com/nse-dev/nse/evolve/methods/alone"
	"github.com/nse-dev/nse/internal/random"
)

// Next draws an architecture that has not been evaluated. It is an alone.Proposer.
func Next(h alone.History) (p alone.Proposal, ok bool) {
	a, found := h.Prior.Within(random.New(h.Seed, "random search", 1, len(h.Trials), 0), h.Seen())
	return h.Once(a), found
}
