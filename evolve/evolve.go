package evolve

import (
	"context"

	"github.com/nse-dev/nse/evolve/space"
)

// The words of package space, in which engines and methods are written.
type (
	// OpID numbers an operation of the pool.
	OpID = space.OpID
	// Path is a selection of operations for one layer, in ascending order.
	Path = space.Path
	// Arch is one architecture: the selected path of every layer.
	Arch = space.Arch
	// Candidate is one operation of the pool as the search sees it.
	Candidate = space.Candidate
	// Form is what an operation looks like at a layer, apart from its cost.
	Form = space.Form
	// Problem is what a search is about: the layers of the network, the pool and the costs.
	Problem = space.Problem
	// Missing is operations that a round could not sample within the constraint interval.
	Missing = space.Missing
)

// Step identifies one training step. Everything random in it is drawn from these numbers and the seed.
type Step struct {
	Round int // from 1
	Index int // from 0, of this kind of step within the round
	Total int // number of steps of this kind in the round: the schedule's length
}

// Gradient is what one fitness step measures for every layer: the gradient of the cross-entropy L with respect to p̃_a
// and p̃_b (eq. 7). The output of the layer is y, and those of its paths in a and b are e_a and e_b. Products are
// summed over the batch.
type Gradient struct {
	Loss float64   // mean cross-entropy of architecture a on the held-out batch
	A, B []float64 // ⟨∂L/∂y, e_a⟩ and ⟨∂L/∂y, e_b⟩ by layer
}

// Engine trains the weight-sharing supernet. Calls come from one goroutine, in the same order on every run. What they
// are given belongs to the search: the engine reads it during the call alone and changes nothing.
//
// Equal calls on equal states give equal numbers, to the bit. A search can be repeated and resumed only on such an
// engine.
//
// An error that is a *Broken ends the use of its operation. The engine must then be as if the call had not been made.
// Any other error ends the search, and so does a loss or gradient that is not finite.
type Engine interface {
	// Begin starts a round on a subset of the pool: subset[l] lists the operations of layer l. Weights and
	// optimizer start fresh.
	Begin(round int, subset []Path) error
	// Train takes one SGD step on architecture a (eq. 2) and returns the batch's mean cross-entropy. Every operation of
	// a is in the round's subset.
	Train(s Step, a Arch) (loss float64, err error)
	// Fitness runs architecture a on a held-out batch, and the paths of b without gradient on a's activations (eq. 6,
	// 7). It changes no weight.
	Fitness(s Step, a, b Arch) (Gradient, error)
	// Score recalibrates BN for each architecture and measures its top-1 accuracy on the held-out set, 0 to 1. The
	// accuracy of one depends on no other.
	//
	// It calls done once for each index of archs, in an order of its own, from one goroutine at a time. It returns the
	// first error of done without any further call. What is left of a list is scored in the same order: which of two
	// architectures comes first depends on these two and their places in archs alone.
	Score(ctx context.Context, archs []Arch, done func(i int, accuracy float64) error) error
}
