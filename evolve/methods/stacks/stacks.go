// Package stacks evaluates uniform stacks, which anyone would try first: one operation in every layer, and then two.
//
// There is no constant. What had to be chosen: only stacks within the constraint interval are evaluated. Those of one
// operation come first, in the order of the pool. Those of two follow in an order that is drawn, since a budget may not
// reach all of them. With single_branch there are none of two.
package stacks

import (
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/alone"
	"github.com/nse-dev/nse/internal/random"
)

// Next is the next stack. It is an alone.Proposer.
func Next(h alone.History) (p alone.Proposal, ok bool) {
	seen := h.Seen()
	for _, a := range List(h) {
		if !seen[a.Key()] {
			return h.Once(a), true
		}
	}
	return p, false
}

// List lists the stacks within the constraint interval, in the order in which they are evaluated.
func List(h alone.History) (stacks []evolve.Arch) {
	var pairs []evolve.Path
	for i := range h.Problem.Pool {
		op := evolve.OpID(i)
		stacks = appendStack(stacks, h, evolve.Path{op})
		for j := i + 1; j < len(h.Problem.Pool); j++ {
			pairs = append(pairs, evolve.Path{op, evolve.OpID(j)})
		}
	}
	if _, most := h.Prior.Branches(0); most < 2 {
		return stacks
	}
	swap := func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] }
	random.New(h.Seed, "stacks", 1, 0, 0).Shuffle(len(pairs), swap)
	for _, pair := range pairs {
		stacks = appendStack(stacks, h, pair)
	}
	return stacks
}

// appendStack appends the stack that has a path in every layer, if it can be trained and meets the budget.
func appendStack(stacks []evolve.Arch, h alone.History, path evolve.Path) []evolve.Arch {
	if a := h.Problem.Stack(path); h.Offers(a) && h.Prior.Meets(a) {
		return append(stacks, a)
	}
	return stacks
}
