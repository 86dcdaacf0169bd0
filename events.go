package nse

import (
	"math/big"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/workshop"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/retrain"
)

// Event is what an observer is told: one of Prepared, Started, Searched, Notice, Chosen and Retraining.
type Event interface{ event() }

// Prepared says what will be searched, before anything is written.
type Prepared struct {
	TrainImages, HeldOutImages int // 0 with an engine of one's own
	Input                      supernet.Input
	Operations, Layers, K      int      // of the pool; of the network; of a layer at a time
	Size                       *big.Int // architectures of the whole space
	Low, High                  float64  // of the constraint interval, in Unit
	Least, Greatest            float64  // costs that the space reaches, in Unit
	Unit                       string   // million MACs or ms
}

// Started says that the search runs now.
type Started struct {
	Dir     string // of the run
	Steps   int    // weight updates in a round
	Dropped int    // operations that were dropped in the round before this process came to it
	Unit    string // of costs
}

// Searched is an event of the search.
type Searched struct{ evolve.Event }

// Notice is a line that a person should know.
type Notice struct {
	Warning bool
	Text    string
}

// Chosen says what Retrain will train, before the first step.
type Chosen struct {
	TrainImages, TestImages int
	Input                   supernet.Input
	Epochs, Batch           int
	Models                  []ChosenModel
}

// ChosenModel is an architecture as it will be trained.
type ChosenModel struct {
	Name     string
	Count    sdk.Count
	Channels []int // of the stem and of each change, at the scale of the budget
}

// Retraining is how far the training of an architecture is.
type Retraining struct {
	Model          string // its name
	Stage          Stage
	Step, Steps    int     // updates done and in all
	Epoch, Epochs  int     // from 1
	Loss, Accuracy float64 // means of about the last 50 steps, on their training images
	Outcome        retrain.Outcome
}

// Stage is what Retrain is doing with a model.
type Stage = workshop.Stage

// The stages.
const (
	Training = workshop.Training // Retraining has the step, and what the last steps came to
	Testing  = workshop.Testing  // the training has ended
	Complete = workshop.Complete // it is trained and tested: Retraining has the outcome
	Present  = workshop.Present  // it was complete before: Retraining has the outcome
)

func (Prepared) event()   {}
func (Started) event()    {}
func (Searched) event()   {}
func (Notice) event()     {}
func (Chosen) event()     {}
func (Retraining) event() {}
