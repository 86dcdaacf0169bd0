package lut

import (
	"fmt"
	"math"
)

// Rows is a table of the operations, for text.Table.
func (s Summary) Rows() []string {
	rows := []string{"operation\tms\tspread"}
	for _, x := range s.Ops {
		rows = append(rows, fmt.Sprintf("%s\t%.4g–%.4g\t%.1f %%", x.Name, x.Least, x.Most, 100*x.Spread))
	}
	return rows
}

// Text is two lines about the table.
func (s Summary) Text() string {
	t := s.Table
	return fmt.Sprintf("%s: %d operations at %d layers, %d different graphs measured; stem and head %.4g ms; "+
		"%d threads, batches of %d\nmedian spread of the table %.1f %%; reference network %.4g ms\n",
		s.File, len(s.Ops), len(t.Layers), s.Measured, s.Fixed, t.Threads, t.Batch, 100*s.Spread, s.Reference)
}

// quiet is the median spread up to which a table is of a quiet machine.
const quiet = 0.15

// Warning is lines about what may be wrong with the table, or empty.
func (s Summary) Warning() (lines string) {
	if s.Spread > quiet {
		lines += fmt.Sprintf("warning: the machine was not quiet, the median spread is %.0f %%: remove %s and "+
			"measure again\n", 100*s.Spread, s.File)
	}
	if drifted(s.Slowdown) {
		lines += fmt.Sprintf("warning: the reference network now takes %.2f times what it took for the table: the new "+
			"times are divided by that; a fresh table is better\n", s.Slowdown)
	}
	return lines
}

// Rows is a table of the architectures, for text.Table.
func (o Outcome) Rows() []string {
	heading := "architecture\tpredicted ms\tmeasured ms\tquartiles\terror"
	if o.Drift != nil {
		heading += "\tat the table's speed"
	}
	rows := []string{heading}
	for _, x := range o.Archs {
		row := fmt.Sprintf("%s\t%.4g\t%.4g\t%.4g–%.4g\t%+.1f %%", x.Name, x.Predicted, x.Measured.Median, x.Measured.Q1,
			x.Measured.Q3, 100*x.Error)
		if o.Drift != nil {
			row += fmt.Sprintf("\t%+.1f %%", 100**x.AtSpeed)
		}
		rows = append(rows, row)
	}
	return rows
}

// Text is lines about the errors and the machine, after an empty one.
func (o Outcome) Text() string {
	summary := fmt.Sprintf("\nerror of %d architectures: %v\n", len(o.Archs), o.Errors)
	if d := o.Drift; d != nil {
		summary += fmt.Sprintf("at the table's speed: %v\nreference network: %.4g ms for the table, %.4g ms now: "+
			"this machine takes %.2f times what it took for the table\n", o.AtSpeed, d.Table.Median, d.Now.Median,
			d.Slowdown)
	}
	return summary
}

// Warning is a line about what may be wrong with the comparison, or empty.
func (o Outcome) Warning() string {
	switch {
	case o.Drift == nil:
		return "warning: the table has another reference network than this nse: whether the machine's speed has " +
			"changed is not known\n"
	case drifted(o.Drift.Slowdown):
		return "warning: the machine's speed has changed since the table was measured: measure a fresh table\n"
	}
	return ""
}

// drifted reports whether a slowdown is more than what repeats of a measurement on a quiet machine differ by.
func drifted(slowdown float64) bool { return math.Abs(slowdown-1) > 0.05 }
