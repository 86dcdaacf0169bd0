package evolve

import "context"

// Ledger is what a search has spent. Counts are of multiply-accumulates: of one image, times images. Every number
// follows from the search alone, never from time or from the machine.
type Ledger struct {
	TrainImages int64   `json:"train_images"` // images of weight updates, of training alone too
	Forward     float64 `json:"forward"`      // MACs of weight updates: forward passes
	Backward    float64 `json:"backward"`     // MACs of weight updates: backward passes
	Fitness     float64 `json:"fitness"`      // MACs of fitness updates
	Calibration float64 `json:"calibration"`  // MACs of BN recalibration, as executed: what paths share counts once
	Scoring     float64 `json:"scoring"`      // MACs of held-out images, as executed
	Alone       float64 `json:"alone"`        // MACs of training architectures alone, and of testing these
}

// MACs is the sum of all multiply-accumulates.
func (l Ledger) MACs() float64 {
	return l.Forward + l.Backward + l.Fitness + l.Calibration + l.Scoring + l.Alone
}

// Plus is the sum of two ledgers.
func (l Ledger) Plus(o Ledger) Ledger {
	return Ledger{l.TrainImages + o.TrainImages, l.Forward + o.Forward, l.Backward + o.Backward, l.Fitness + o.Fitness,
		l.Calibration + o.Calibration, l.Scoring + o.Scoring, l.Alone + o.Alone}
}

// Minus is what l has more than o.
func (l Ledger) Minus(o Ledger) Ledger {
	return Ledger{l.TrainImages - o.TrainImages, l.Forward - o.Forward, l.Backward - o.Backward, l.Fitness - o.Fitness,
		l.Calibration - o.Calibration, l.Scoring - o.Scoring, l.Alone - o.Alone}
}

// Metered is an engine that counts what it does. A search keeps the sum in its state.
type Metered interface {
	// Spent is what has been spent since the engine was made. A call that fails, or that is cancelled, counts nothing.
	// Score counts architectures that it has scored together before it shows the first of them.
	Spent() Ledger
}

// meter is the account of a search on an engine that is Metered.
type meter struct {
	engine Metered
	before Ledger // spent when the engine had spent nothing
}

// newMeter goes on with the account of a state. It is nil if the engine is not Metered.
func newMeter(e Engine, st State) *meter {
	m, metered := e.(Metered)
	if !metered {
		return nil
	}
	return &meter{m, st.Spent.Minus(m.Spent())}
}

// spent is what the search has spent by now.
func (m *meter) spent() Ledger { return m.before.Plus(m.engine.Spent()) }

// Priced is an engine that says beforehand what a call will cost, in MACs, so that a method can plan within a budget.
// Scores are priced as if nothing were shared.
type Priced interface {
	TrainMACs(a Arch) float64             // of Train: a forward and a backward pass of a batch
	FitnessMACs(a, b Arch) float64        // of Fitness
	ScoreMACs(a Arch) float64             // of Score of a alone: recalibration and held-out images
	AloneMACs(a Arch, epochs int) float64 // of so many epochs of Alone
}

// Solo is an engine that also trains single architectures from scratch.
type Solo interface {
	// Alone trains a from weights of its own, in cycles that end after so many epochs in all: ends ascends, and [1, 3]
	// is a cycle of one epoch and one of two. The learning rate goes down to 0 in every cycle. It returns the top-1
	// accuracy on the held-out images after the last one, 0 to 1, with BN recalibrated.
	//
	// The accuracy depends on a, ends and the seed alone. An engine that has kept a after some of the cycles goes on
	// from there, and counts only what it did. The error may be the context's: what was done of a cycle is lost then.
	Alone(ctx context.Context, a Arch, ends []int) (accuracy float64, err error)
}

// Ahead is a Solo that trains several architectures at a time.
type Ahead interface {
	Solo
	// Lanes prepares for at most so many trainings at a time, and returns how many of them are of use.
	Lanes(most int) int
	// Ahead begins, on a goroutine of its own, the training for which Alone will be asked with the same a and ends.
	// Alone waits for it then, and counts it: the order of calls of Alone is all that results and counts depend on.
	// What Ahead runs ends with the context, and may not be asked for any more then.
	Ahead(ctx context.Context, a Arch, ends []int)
	// Settle waits until nothing runs that Ahead began, and forgets what was not asked for.
	Settle()
}

// Mixing is an engine that also runs all operations of a layer at once, weighted: y = Σ_i w_i·o_i(x). Weights are by
// layer. In a normal layer the identity is at index 0, and the operations of the subset follow, ascending. A reduction
// layer has no identity: its first weight is that of its first operation. What has the weight 0 does not run.
type Mixing interface {
	// TrainMixed takes one SGD step of the shared weights, and returns the batch's mean cross-entropy.
	TrainMixed(s Step, weights [][]float64) (loss float64, err error)
	// FitnessMixed returns the mean cross-entropy L of a held-out batch, and ⟨∂L/∂y, o_i(x)⟩ for every weight, 0 for
	// what does not run. It changes no parameter.
	FitnessMixed(s Step, weights [][]float64) (loss float64, products [][]float64, err error)
	// MixedMACs is the price of TrainMixed and of FitnessMixed, in MACs.
	MixedMACs() (train, fitness float64)
}
