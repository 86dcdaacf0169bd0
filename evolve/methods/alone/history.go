package alone

import (
	"cmp"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/prior"
)

// Proposal is an architecture to evaluate. Ends are those of evolve.Solo.Alone: the epochs in all after each cycle of
// its training. The zero Proposal ends the round, and the next one begins.
type Proposal struct {
	Arch evolve.Arch
	Ends []int
	Wait bool // says that the proposal depends on results that are open; nothing else is set
}

// Proposer names the next architecture to evaluate, or reports that there is none, which ends the search. Everything
// that it draws follows from the history and the seed. How many results are open says only whether it waits.
type Proposer func(h History) (p Proposal, ok bool)

// History is what a search has evaluated so far.
type History struct {
	Trials   []evolve.Trial // in the order in which they were proposed
	Open     int            // so many of the last have no accuracy yet
	Before   int            // trials of the rounds before this one: so many of the first
	Round    int            // from 1
	Seed     uint64         // of everything random
	Epochs   int            // of one evaluation
	Attempts int            // draws for one architecture that meets the budget, at most
	Problem  evolve.Problem
	Subset   []evolve.Path // what there is to choose from, by layer
	Prior    *prior.Sampler
}

// Seen is the set of the architectures that were evaluated, by their keys.
func (h History) Seen() map[string]bool {
	seen := map[string]bool{}
	for _, t := range h.Trials {
		seen[t.Arch.Key()] = true
	}
	return seen
}

// Once proposes to train an architecture in one cycle.
func (h History) Once(a evolve.Arch) Proposal { return Proposal{Arch: a, Ends: []int{h.Epochs}} }

// Ranked sorts trials by falling accuracy. Of equal ones the earlier comes first.
func Ranked(trials []evolve.Trial) []evolve.Trial {
	return slices.SortedStableFunc(slices.Values(trials), func(a, b evolve.Trial) int {
		return cmp.Compare(b.Accuracy, a.Accuracy)
	})
}
