package evolve

import "context"

// OpID numbers an operation of the pool, from 0 in the order in which operations came. It never changes during a search.
type OpID int

// Path is a selection of operations for one layer, in ascending order. In a normal layer the identity path is always
// present and never listed (A.3), so that an empty Path passes the input on.
type Path []OpID

// Arch is one architecture: the selected path of every layer.
type Arch []Path

// Candidate is one operation of the pool as the search sees it.
type Candidate struct {
	Name string
	Cost []float64 // by layer, in the unit of the constraint
}

// Step identifies one training step. Everything random in it is drawn from these numbers and the seed.
type Step struct {
	Round int // from 1
	Index int // from 0, of this kind of step within the round
	Total int // number of steps of this kind in the round: the schedule's length
}

// Gradient is what one fitness step measures for every layer (eq. 7).
type Gradient struct {
	Loss float64   // cross-entropy of architecture a on the held-out batch
	A, B []float64 // ⟨∂L/∂y, e_a⟩ and ⟨∂L/∂y, e_b⟩ by layer
}

// Engine trains the weight-sharing supernet. Calls come from one goroutine, in the same order on every run. An error
// that is a *Broken, which leaves the engine as if the call had not been made, ends the use of that operation; any other
// ends the search.
type Engine interface {
	// Begin starts a round on a subset of the pool: subset[l] lists the operations of layer l. Weights and
	// optimizer start fresh.
	Begin(round int, subset []Path) error
	// Train takes one SGD step on architecture a and returns the batch's mean cross-entropy.
	Train(s Step, a Arch) (loss float64, err error)
	// Fitness runs architecture a on a held-out batch, and the paths of b without gradient on a's activations.
	Fitness(s Step, a, b Arch) (Gradient, error)
	// Score recalibrates BN for each architecture and measures its top-1 accuracy (0..1) on the held-out set, which
	// depends on no other architecture. It calls done once for each index of archs and stops at the first error of done.
	// Which of two architectures comes first depends on these two and their places in archs alone, so that scoring what
	// is left of a list goes on in the same order.
	Score(ctx context.Context, archs []Arch, done func(i int, accuracy float64) error) error
}
