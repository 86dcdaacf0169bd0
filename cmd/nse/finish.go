package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
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
	fmt.Fprintf(c.ErrOrStderr(), "finished: %s\n%s", reason, spent.Text())
	front, err := r.Front()
	if err != nil {
		return err
	}
	if err := text.Table(c.OutOrStdout(), front.Rows()); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.ErrOrStderr(), "files: %s\n", text.Printable(r.FrontFile())); err != nil {
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
	if err := text.Table(c.OutOrStdout(), x.Rows()); err != nil {
		return err
	}
	settings, err := r.Settings()
	if err != nil {
		return err
	}
	dir := text.Shell(r.Dir)
	next := fmt.Sprintf("go on with\n  nse export %s --onnx %s\n  nse retrain %s --pick %s --budget %.3gM --out %s\n",
		text.Shell(filepath.Join(r.Dir, "models", x.Name)), text.Shell(x.Name+".onnx"), dir, text.Shell(x.Name),
		2*text.Millions(x.MACs), text.Shell(filepath.Join(r.Dir, "larger")))
	if settings.Search.Continues() {
		next += fmt.Sprintf("  nse continue %s --pool FILE\n", dir)
	}
	_, err = fmt.Fprint(c.ErrOrStderr(), next)
	return err
}
