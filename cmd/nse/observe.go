package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/progress"
	"github.com/nse-dev/nse/internal/text"
)

// printer writes what happens in a search, or in a retraining, for a person.
type printer struct {
	w        io.Writer
	progress *progress.Progress // nil before the first step
	steps    int                // weight updates of a round
}

// observe is nse.Options.Observe.
func (p *printer) observe(e nse.Event) {
	switch e := e.(type) {
	case nse.Prepared:
		p.prepared(e)
	case nse.Started:
		fmt.Fprintf(p.w, "run: %s\n", e.Dir)
		p.progress, p.steps = progress.New(p.w, e.Dropped), e.Steps
		p.progress.Unit = e.Unit
	case nse.Searched:
		p.progress.Observe(e.Event, p.steps)
	case nse.Notice:
		p.notice(e)
	case nse.Chosen:
		p.chosen(e)
	case nse.Retraining:
		p.retraining(e)
	}
}

func (p *printer) notice(n nse.Notice) {
	line := n.Text
	if n.Warning {
		line = "warning: " + line
	}
	if p.progress == nil {
		fmt.Fprintln(p.w, line)
		return
	}
	p.progress.Aside("%s", line)
}

// prepared says what is searched, and whether the budget can be met.
func (p *printer) prepared(e nse.Prepared) {
	fmt.Fprintf(p.w, "data: %d training and %d held-out images %d×%d×%d, %d classes\n"+
		"space: %d operations in %d layers, %d at a time: %s architectures\n"+
		"budget: %.4g to %.4g %s; the space reaches from %.4g to %.4g\n",
		e.TrainImages, e.HeldOutImages, e.Input.Height, e.Input.Width, e.Input.Channels, e.Input.Classes,
		e.Operations, e.Layers, e.K, text.Size(e.Size), e.Low, e.High, e.Unit, e.Least, e.Greatest)
}

// chosen says what will be trained.
func (p *printer) chosen(e nse.Chosen) {
	fmt.Fprintf(p.w, "data: %d training and %d test images %d×%d×%d, %d classes\n", e.TrainImages, e.TestImages,
		e.Input.Height, e.Input.Width, e.Input.Channels, e.Input.Classes)
	fmt.Fprintf(p.w, "training: %d epochs in batches of %d\n", e.Epochs, e.Batch)
	rows := []string{"architecture\tM MACs\tparameters\tchannels"}
	for _, m := range e.Models {
		rows = append(rows, fmt.Sprintf("%s\t%.4g\t%s\t%s", m.Name, text.Millions(m.Count.MACs),
			text.Thousands(m.Count.Params), strings.Trim(fmt.Sprint(m.Channels), "[]")))
	}
	_ = table(p.w, rows)
	p.progress = progress.New(p.w, 0)
}

func (p *printer) retraining(e nse.Retraining) {
	if p.progress == nil { // the search had ended before
		p.progress = progress.New(p.w, 0)
	}
	images := "test images"
	if e.HeldOut {
		images = "held-out images"
	}
	switch e.Stage {
	case nse.Training:
		note := ""
		if e.Epoch > 0 {
			note = fmt.Sprintf("epoch %d of %d, loss %.3f, %.1f %% of training images", e.Epoch, e.Epochs, e.Loss,
				100*e.Accuracy)
		}
		p.progress.At(e.Model, e.Step, e.Steps, note)
	case nse.Testing:
		p.progress.Aside("%s: testing", e.Model)
	case nse.Complete:
		p.progress.Aside("%s: %s", e.Model, e.Outcome.Of(images))
	case nse.Present:
		p.progress.Aside("%s is there already: %s", e.Model, e.Outcome.Of(images))
	}
}

// end ends the progress, and turns an interrupt into errInterrupted after saying how to go on.
func (p *printer) end(ctx context.Context, err error) error {
	if p.progress != nil {
		p.progress.Close()
	}
	var search *nse.Stopped
	var retraining *nse.StoppedRetraining
	var study *nse.StoppedStudy
	switch {
	case errors.As(err, &study) || errors.As(err, &search) || errors.As(err, &retraining):
		fmt.Fprintln(p.w, err)
	case err == nil || ctx.Err() == nil || p.progress != nil:
		return err
	default:
		fmt.Fprintln(p.w, "stopped before the search began")
	}
	return errInterrupted
}
