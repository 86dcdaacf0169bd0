package runs

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/text"
)

// Rows is a table of runs, for text.Table.
func Rows(list []Summary) []string {
	rows := []string{"run\tstatus\trounds\tfront\tbest\taccuracy of\tseed\tdata"}
	for _, s := range list {
		if s.Problem != "" {
			rows = append(rows, fmt.Sprintf("%s\t%s: %s", text.Printable(s.Dir), s.Status, s.Problem))
			continue
		}
		best, weights := "-", "-"
		if s.Front > 0 {
			best, weights = text.Percent(s.Best), Weights(s.Epochs)
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%d\t%s\t%s\t%d\t%s", text.Printable(s.Dir), s.Status, s.Rounds,
			s.Front, best, weights, s.Seed, text.Printable(s.Data)))
	}
	return rows
}

// costHeading is the heading of costs in a unit.
func costHeading(unit string) string {
	if unit == "ms" {
		return unit
	}
	return "M MACs"
}

// figures are the cells of an architecture from its accuracy on.
func (a Architecture) figures() string {
	return fmt.Sprintf("%s\t%.4g\t%s\t%s", text.Percent(a.Accuracy), a.Cost, text.Thousands(a.Params),
		text.Layers(a.Ops))
}

// Rows is a table of the front, for text.Table.
func (f Front) Rows() []string {
	epochs := 0
	if len(f.Architectures) > 0 {
		epochs = f.Architectures[0].Epochs // as of all members
	}
	rows := []string{"front\taccuracy (" + Weights(epochs) + ")\t" + costHeading(f.Unit) +
		"\tparameters\toperations by layer"}
	for i, a := range f.Architectures {
		rows = append(rows, fmt.Sprintf("%d\t%s", i+1, a.figures()))
	}
	return rows
}

// Rows is a table of the list, for text.Table. Epochs have a column where architectures were trained alone.
func (l Listing) Rows() []string {
	alone := slices.ContainsFunc(l.Architectures, func(a Listed) bool { return a.Epochs > 0 })
	accuracy := "accuracy (shared weights)"
	if alone {
		accuracy = "epochs\taccuracy (trained alone)"
	}
	rows := []string{"name\tfront\tscored as\t" + accuracy + "\t" + costHeading(l.Unit) +
		"\tparameters\toperations by layer"}
	for _, a := range l.Architectures {
		role := string(a.Role)
		if alone {
			role += fmt.Sprintf("\t%d", a.Epochs)
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s", a.Name, cmp.Or(a.Front, "-"), role, a.figures()))
	}
	return rows
}

// Rows is a table of the result and the stack beside it, for text.Table.
func (x Result) Rows() []string {
	row := func(what string, accuracy float64, macs, params int64, ops string) string {
		return fmt.Sprintf("%s\t%s\t%.4g\t%s\t%s", what, text.Percent(accuracy), text.Millions(macs),
			text.Thousands(params), ops)
	}
	rows := []string{"result\ttest accuracy (trained alone)\tM MACs\tparameters\toperations by layer",
		row(x.Name, x.Accuracy, x.MACs, x.Params, text.Layers(x.Ops))}
	if s := x.Stack; s != nil {
		rows = append(rows, row("best stack", s.Accuracy, s.MACs, s.Params, s.Op+" in all"))
	}
	return rows
}

// Text is a line about what has been spent, with its end. Nothing is said of what has not been counted.
func (l Ledger) Text() string {
	var kinds, parts []string
	for _, k := range []struct {
		name string
		macs float64
	}{{"training", l.Forward + l.Backward}, {"fitness", l.Fitness}, {"recalibration", l.Calibration},
		{"scoring", l.Scoring}, {"training alone", l.Alone}} {
		if k.macs > 0 {
			kinds = append(kinds, k.name+" "+text.Prefixed(k.macs))
		}
	}
	if len(kinds) > 0 {
		parts = append(parts, fmt.Sprintf("%s MACs (%s)", text.Prefixed(l.MACs()), strings.Join(kinds, ", ")))
	}
	if l.TrainImages > 0 {
		parts = append(parts, text.Prefixed(float64(l.TrainImages))+" training images")
	}
	if l.Seconds > 0 {
		parts = append(parts, text.Seconds(l.Seconds))
	}
	if len(parts) == 0 {
		return ""
	}
	return "spent: " + strings.Join(parts, ", ") + "\n"
}

// Next is lines with the commands that go on from the result of the run in dir. continues says that the search goes on
// with a second pool.
func (x Result) Next(dir string, continues bool) string {
	run := text.Shell(dir)
	lines := fmt.Sprintf("go on with\n  nse export %s --onnx %s\n  nse retrain %s --pick %s --budget %.3gM --out %s\n",
		text.Shell(filepath.Join(dir, "models", x.Name)), text.Shell(x.Name+".onnx"), run, text.Shell(x.Name),
		2*text.Millions(x.MACs), text.Shell(filepath.Join(dir, "larger")))
	if continues {
		lines += fmt.Sprintf("  nse continue %s --pool FILE\n", run)
	}
	return lines
}
