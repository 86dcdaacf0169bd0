package progress

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/text"
)

// Printer writes what happens in a search, or in a retraining, for a person. Close it after use.
type Printer struct {
	w        io.Writer
	progress *Progress // nil before the first step
	steps    int       // weight updates of a round
}

// NewPrinter writes to w. Write errors are ignored.
func NewPrinter(w io.Writer) *Printer { return &Printer{w: w} }

// Close ends the bars, and reports whether a search or a training had begun.
func (p *Printer) Close() (begun bool) {
	if p.progress != nil {
		p.progress.Close()
	}
	return p.progress != nil
}

// Observe is nse.Options.Observe.
func (p *Printer) Observe(e nse.Event) {
	switch e := e.(type) {
	case nse.Reading:
		files := fmt.Sprintf("%d of %d", e.Done, e.Total)
		if e.Total == 0 {
			files = strconv.Itoa(e.Done)
		}
		fmt.Fprintf(p.w, "data: %s, %s files\n", e.Stage, files)
	case nse.Prepared:
		p.prepared(e)
	case nse.Started:
		fmt.Fprintf(p.w, "run: %s\n", text.Printable(e.Dir))
		p.progress, p.steps = New(p.w, e.Dropped), e.Steps
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

func (p *Printer) notice(n nse.Notice) {
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
func (p *Printer) prepared(e nse.Prepared) {
	fmt.Fprintf(p.w, "data: %d training and %d held-out images %d×%d×%d, %d classes\n"+
		"space: %d operations in %d layers, %d at a time: %s architectures\n"+
		"budget: %.4g to %.4g %s; the space reaches from %.4g to %.4g\n",
		e.TrainImages, e.HeldOutImages, e.Input.Height, e.Input.Width, e.Input.Channels, e.Input.Classes,
		e.Operations, e.Layers, e.K, text.Size(e.Size), e.Low, e.High, e.Unit, e.Least, e.Greatest)
	fmt.Fprint(p.w, resolution(e.HeldOutImages))
}

// resolution says how far accuracies of so few held-out images tell architectures apart. It is empty for 400 or more,
// where two standard errors are 5 points at most, and for none.
func resolution(held int) string {
	if held < 1 || held >= 400 {
		return ""
	}
	return fmt.Sprintf("accuracy: %d held-out images tell it in steps of %.2g points, and to ±%.0f by chance: "+
		"architectures nearer than that are not ranked\n", held, 100/float64(held), 100/math.Sqrt(float64(held)))
}

// chosen says what will be trained.
func (p *Printer) chosen(e nse.Chosen) {
	fmt.Fprintf(p.w, "data: %d training and %d %s %d×%d×%d, %d classes\n", e.TrainImages, e.TestImages,
		tested(e.HeldOut), e.Input.Height, e.Input.Width, e.Input.Channels, e.Input.Classes)
	fmt.Fprintf(p.w, "training: %d epochs in batches of %d\n", e.Epochs, e.Batch)
	rows := []string{"architecture\tM MACs\tparameters\tchannels"}
	for _, m := range e.Models {
		rows = append(rows, fmt.Sprintf("%s\t%.4g\t%s\t%s", m.Name, text.Millions(m.Count.MACs),
			text.Thousands(m.Count.Params), strings.Trim(fmt.Sprint(m.Channels), "[]")))
	}
	_ = text.Table(p.w, rows)
	p.progress = New(p.w, 0)
}

// tested names the images that a training is measured on.
func tested(heldOut bool) string {
	if heldOut {
		return "held-out images"
	}
	return "test images"
}

func (p *Printer) retraining(e nse.Retraining) {
	if p.progress == nil { // the search had ended before
		p.progress = New(p.w, 0)
	}
	images := tested(e.HeldOut)
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
