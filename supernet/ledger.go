package supernet

import (
	"math"

	"github.com/nse-dev/nse/evolve"
)

// Spent is what the net has computed since it was made. What fails or is cancelled does not count.
//
// A multiply-accumulate is one of a graph as sdk counts it, in a forward pass of one image. A backward pass of a weight
// update counts twice that: the gradients of the data and those of the weights.
func (n *Net) Spent() evolve.Ledger { return n.spent }

// MACs is the number of multiply-accumulates of a forward pass of one image on the path of a, which must be in the subset.
func (n *Net) MACs(a evolve.Arch) float64 {
	macs := n.stem.MACs + n.head.MACs
	for l, path := range a {
		for _, id := range path {
			macs += n.layers[l].block(id).MACs
		}
	}
	return float64(macs)
}

// fitnessMACs is what a fitness update computes of one image, if a forward pass of a and one of b have so many
// multiply-accumulates: the forward pass of a, the paths of b, and the gradients of the data on the path of a. Gradients
// of weights are not computed, nor is any of the stem. The stem and the head run once.
func (n *Net) fitnessMACs(a, b float64) float64 {
	return 2*a + b - float64(2*n.stem.MACs+n.head.MACs)
}

var (
	_ evolve.Metered = (*Engine)(nil)
	_ evolve.Batched = (*Engine)(nil)
)

// Spent implements evolve.Metered, by Net.Spent.
func (e *Engine) Spent() evolve.Ledger { return e.net.Spent() }

// Batch implements evolve.Batched.
func (e *Engine) Batch() int { return e.training.Batch }

// TrainMACs implements a part of evolve.Priced. An architecture that cannot be built costs +Inf, here and below.
func (e *Engine) TrainMACs(a evolve.Arch) float64 { return 3 * e.price(a) * float64(e.training.Batch) }

// FitnessMACs implements a part of evolve.Priced, by what a fitness update computes.
func (e *Engine) FitnessMACs(a, b evolve.Arch) float64 {
	return e.net.fitnessMACs(e.price(a), e.price(b)) * float64(e.training.Batch)
}

// ScoreMACs implements a part of evolve.Priced. Recalibration does not run a head that has no BN.
func (e *Engine) ScoreMACs(a evolve.Arch) float64 {
	macs, calibrated := e.price(a), e.price(a)
	if running(e.net.head) == nil {
		calibrated -= float64(e.net.head.MACs)
	}
	return calibrated*float64(e.sample.Len()) + macs*float64(e.source.Held.Len())
}

// place is an operation at a layer.
type place struct {
	layer int
	op    evolve.OpID
}

// price is the number of multiply-accumulates of a forward pass of one image, for operations of the whole pool.
func (e *Engine) price(a evolve.Arch) float64 {
	macs := e.net.stem.MACs + e.net.head.MACs
	for l, path := range a {
		for _, op := range path {
			at := place{l, op}
			if _, known := e.prices[at]; !known {
				g, err := e.net.build(op, e.net.layers[l].Layer)
				if err != nil {
					return math.Inf(1)
				}
				e.prices[at] = g.Count().MACs
			}
			macs += e.prices[at]
		}
	}
	return float64(macs)
}
