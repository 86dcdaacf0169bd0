package alone

import (
	"math"
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
	Last bool // says that the round ends and the budget allows no other; nothing else is set
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
	Left     float64        // epochs that the budget has left, of the dearest so far; +Inf if that is not known
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

// Offers reports whether an architecture uses nothing but what there is to choose from. A second pool leaves behind
// what the front did not use, and a quarantine what is broken.
func (h History) Offers(a evolve.Arch) bool {
	for l, path := range a {
		for _, op := range path {
			if !slices.Contains(h.Subset[l], op) {
				return false
			}
		}
	}
	return true
}

// Once proposes to train an architecture in one cycle.
func (h History) Once(a evolve.Arch) Proposal { return Proposal{Arch: a, Ends: []int{h.Epochs}} }

// Promote goes on from a complete rung to the next one, of at most so many architectures. The list left begins with
// what the next rung has, and may be longer. The next rung will have full architectures: what a quarantine took out is
// not promoted. The most accurate one that it does not have yet is best, of equal ones the earlier. Without any it is
// nil.
func Promote(rung, left []evolve.Trial, most int) (full int, best evolve.Arch) {
	next := left[:min(most, len(left))]
	accuracy := math.Inf(-1)
	for _, t := range rung {
		same := func(o evolve.Trial) bool { return o.Arch.Key() == t.Arch.Key() }
		switch {
		case slices.ContainsFunc(next, same):
			full++
		case !t.Gone:
			if full++; t.Accuracy > accuracy {
				best, accuracy = t.Arch, t.Accuracy
			}
		}
	}
	return min(full, most), best
}
