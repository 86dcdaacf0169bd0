package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/text"
)

// finish prints the front of a run that has ended, and closes it.
func finish(c *cobra.Command, r *nse.Run) error {
	defer r.Close()
	reason, _, err := r.Ended()
	if err != nil {
		return err
	}
	spent, err := r.Ledger()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "finished: %s\n%s", reason, spentText(spent))
	front, err := r.Front()
	if err != nil {
		return err
	}
	rows := []string{"front\taccuracy (shared weights)\t" + costHeading(front.Unit) +
		"\tparameters\toperations by layer"}
	for i, a := range front.Architectures {
		rows = append(rows, fmt.Sprintf("%d\t%.2f %%\t%.4g\t%s\t%s", i+1, 100*a.Accuracy, a.Cost,
			text.Thousands(a.Params), opsText(a.Ops)))
	}
	if err := table(c.OutOrStdout(), rows); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.ErrOrStderr(), "files: %s\n", r.FrontFile()); err != nil {
		return err
	}
	return concluded(c, r)
}

// concluded prints what a search has found, beside the best stack, and how to go on. Without a result it prints
// nothing.
func concluded(c *cobra.Command, r *nse.Run) error {
	x, err := r.Result()
	if err != nil || x == nil {
		return err
	}
	row := func(what string, accuracy float64, macs, params int64, ops string) string {
		return fmt.Sprintf("%s\t%.2f %%\t%.4g\t%s\t%s", what, 100*accuracy, text.Millions(macs), text.Thousands(params),
			ops)
	}
	rows := []string{"result\ttest accuracy (trained alone)\tM MACs\tparameters\toperations by layer",
		row(x.Name, x.Accuracy, x.MACs, x.Params, opsText(x.Ops))}
	if s := x.Stack; s != nil {
		rows = append(rows, row("best stack", s.Accuracy, s.MACs, s.Params, s.Op+" in all"))
	}
	if err := table(c.OutOrStdout(), rows); err != nil {
		return err
	}
	settings, err := r.Settings()
	if err != nil {
		return err
	}
	next := fmt.Sprintf("go on with\n  nse export %[1]s/models/%[2]s --onnx %[2]s.onnx\n"+
		"  nse retrain %[1]s --pick %[2]s --budget %.3[3]gM --out %[1]s/larger\n",
		r.Dir, x.Name, 2*text.Millions(x.MACs))
	if settings.Search.Method == methods.NSE {
		next += fmt.Sprintf("  nse continue %s --pool FILE\n", r.Dir)
	}
	_, err = fmt.Fprint(c.ErrOrStderr(), next)
	return err
}

// costHeading is the heading of costs in a unit.
func costHeading(unit string) string {
	if unit == "ms" {
		return unit
	}
	return "M MACs"
}

// opsText lists operations, layers apart by bars.
func opsText(layers [][]string) string {
	parts := make([]string, len(layers))
	for l, ops := range layers {
		parts[l] = text.OrDash(ops, "+")
	}
	return strings.Join(parts, " | ")
}
