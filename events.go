package nse

import (
	"math/big"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/workshop"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// Event is what an observer is told: one of Reading, Prepared, Started, Searched, Notice, Chosen and Retraining. An
// observer may keep events, but must not change the slices in them.
type Event interface{ event() }

// Reading says how far reading the images is, which comes before all else. It is told where that takes longer than a
// second. Stage is "listing", "reading" and then "decoding". Done and Total count files. Total is 0 while it is not
// known.
type Reading data.Progress

// Prepared says what will be searched, before anything is written.
type Prepared struct {
	// TrainImages and HeldOutImages count the images of the data. They are 0 where Options has an Engine.
	TrainImages, HeldOutImages int
	// Input is the size of an image and the number of classes.
	Input supernet.Input
	// Operations counts the pool, Layers the normal and reduction layers of the network, and K the operations that a
	// layer has at a time.
	Operations, Layers, K int
	// Size is the number of architectures in the whole space.
	Size *big.Int
	// Low and High are the ends of the constraint interval, in Unit.
	Low, High float64
	// Least and Greatest are the least and the greatest cost that an architecture of the space can have, in Unit. The
	// interval cannot be met if it lies outside.
	Least, Greatest float64
	// Unit is that of costs: "million MACs" or "ms".
	Unit string
}

// Started says that the search runs now.
type Started struct {
	Dir     string // the run's folder
	Steps   int    // weight updates of a round
	Dropped int    // operations that the present round had dropped at its last checkpoint
	Unit    string // of costs: "million MACs" or "ms"
}

// Searched is an event of the method itself, such as evolve.Sampled or evolve.FrontRetrieved in its Body. Events of a
// step that a kill undid come again after Resume, with the same numbers.
type Searched struct{ evolve.Event }

// Notice is a sentence for a person.
type Notice struct {
	Warning bool   // something may be wrong
	Text    string // one line, without its end
}

// Chosen says what Retrain will train, before the first step.
type Chosen struct {
	TrainImages, TestImages int
	HeldOut                 bool           // TestImages counts held-out images
	Input                   supernet.Input // size of an image and number of classes
	Epochs, Batch           int            // Batch is the images of one weight update
	Models                  []ChosenModel  // in the order in which they are trained
}

// ChosenModel is an architecture as it will be trained.
type ChosenModel struct {
	Name     string
	Count    sdk.Count // parameters, and MACs for one image
	Channels []int     // of the stem and of each change, at the scale of the budget
}

// Retraining is how far the training of an architecture is.
type Retraining struct {
	Model          string // its name
	Stage          Stage
	Step, Steps    int             // weight updates done, and in all
	Epoch, Epochs  int             // Epoch counts from 1
	Loss, Accuracy float64         // means of about the last 50 steps, on their training images; Accuracy is 0 to 1
	Outcome        retrain.Outcome // set in the stages Complete and Present
	HeldOut        bool            // the outcome is that of held-out images; otherwise it is that of test images
}

// Stage is what Retrain is doing with a model.
type Stage = workshop.Stage

// The stages of a model, in their order. A model that was complete before has Present alone.
const (
	Training = workshop.Training // it is trained: Retraining has the step, the epoch, and the means
	Testing  = workshop.Testing  // its training has ended, and the test images are classified
	Complete = workshop.Complete // it is trained and tested: Retraining has the outcome
	Present  = workshop.Present  // it was complete before: Retraining has the outcome
)

func (Reading) event()    {}
func (Prepared) event()   {}
func (Started) event()    {}
func (Searched) event()   {}
func (Notice) event()     {}
func (Chosen) event()     {}
func (Retraining) event() {}
