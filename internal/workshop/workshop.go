// Package workshop trains architectures from scratch, each in a folder of its own. While a model is being trained, its
// folder has a checkpoint; once it is complete, it has none.
package workshop

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// Workshop says how and where models are trained. Observe has to be set. It is called on the goroutine of Train.
type Workshop struct {
	Set     *data.Set
	HeldOut bool   // the test images of Set are held-out ones
	Spec    string // of the set; a folder in it is absolute
	Config  retrain.Config
	Seed    uint64
	Workers int           // cores; 0 is all of them
	Every   time.Duration // between checkpoints
	Source  string        // of the architectures, for the record
	Version string        // of nse, for the record
	Out     string        // folder of the models' folders
	Observe func(Progress)
}

// Stage is what a workshop is doing with a model.
type Stage int

// The stages.
const (
	Training Stage = iota // Progress has the step and what the last steps came to
	Testing               // the training has ended
	Complete              // it is trained and tested; Progress has the outcome
	Present               // it was complete before; Progress has the outcome
)

// Progress is how far a model is.
type Progress struct {
	Model          string // its name
	Stage          Stage
	Step, Steps    int     // updates done and in all
	Epoch, Epochs  int     // from 1
	Loss, Accuracy float64 // means of about the last 50 steps, on their training images
	Outcome        retrain.Outcome
	HeldOut        bool // the outcome is that of held-out images
}

// Finished is a model with its folder.
type Finished struct {
	Dir   string           `json:"dir"`
	Model *modelfile.Model `json:"model"`
	// Seconds is how long this call has trained and tested the model. It is 0 for one that was complete before.
	Seconds float64 `json:"seconds"`
}

// Check refuses architectures whose names cannot be those of folders, or are not distinct.
func (w *Workshop) Check(list []architecture.Plan) error {
	names := map[string]bool{}
	for _, p := range list {
		if p.Name == "" || strings.HasPrefix(p.Name, ".") || strings.ContainsAny(p.Name, `/\`) {
			return fmt.Errorf("%s: the name %q cannot be that of a folder", w.Source, p.Name)
		}
		if names[p.Name] {
			return fmt.Errorf("%s: two architectures have the name %s", w.Source, p.Name)
		}
		names[p.Name] = true
	}
	return nil
}

// Stopped says at which model a training was stopped. The same call goes on with it.
type Stopped struct {
	Dir string // of the model
	Err error  // the context's
}

func (s *Stopped) Error() string { return "stopped; the same command goes on with " + s.Dir }

// Unwrap is the context's error.
func (s *Stopped) Unwrap() error { return s.Err }

// Train trains architectures one after another, and lists the models in their order. Models that are complete are not
// trained again. A cancelled context leaves a checkpoint, and the error is a *Stopped.
//
// A folder with another model is ErrOther, and one that another process trains is file.ErrLocked. Such errors start
// with the model's folder. The result has the models that were complete before.
func (w *Workshop) Train(ctx context.Context, list []architecture.Plan) (done []Finished, err error) {
	if err := w.Check(list); err != nil {
		return nil, err
	}
	images := w.Set.Index()
	for _, p := range list {
		dir := filepath.Join(w.Out, p.Name)
		began, there := time.Now(), modelfile.Exists(dir)
		m, err := w.describe(p)
		if err == nil {
			m.Training.Fingerprint = images.Fingerprint()
			err = unchanged(dir, images)
		}
		if err == nil {
			m, err = w.train(ctx, dir, m, images)
		}
		if cancelled := ctx.Err(); cancelled != nil && errors.Is(err, cancelled) {
			return done, &Stopped{dir, err}
		}
		if err != nil {
			return done, fmt.Errorf("%s: %w", dir, err)
		}
		f := Finished{Dir: dir, Model: m}
		if !there {
			f.Seconds = time.Since(began).Seconds()
		}
		done = append(done, f)
	}
	return done, nil
}

// describe is what is known of a model before it is trained.
func (w *Workshop) describe(p architecture.Plan) (*modelfile.Model, error) {
	n := w.Set.Normalization
	height, width := w.Set.Input()
	d := modelfile.Model{Version: w.Version, Name: p.Name, Source: w.Source, Classes: w.Set.Classes, Macro: p.Macro,
		Input: modelfile.Input{Height: height, Width: width, Channels: w.Set.Channels, Mean: n.Mean, Std: n.Std,
			Background: data.Colour(w.Set.Background)},
		Training: &modelfile.Training{Data: w.Spec, Images: w.Set.Train.Len(), Seed: w.Seed, Settings: w.Config,
			TestImages: w.Set.Test.Len()}}
	if w.Set.Crop > 0 {
		d.Input.Resize = w.Set.Height
	}
	ops := make([][]modelfile.Operation, len(p.Ops))
	for l, path := range p.Ops {
		for _, op := range path {
			ops[l] = append(ops[l], modelfile.Operation{Name: op.Name, Family: op.Family, Checksum: op.Plugin.SHA256})
		}
	}
	return modelfile.New(d, ops, p.Graphs)
}
