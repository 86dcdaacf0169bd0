package main

import (
	"fmt"

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
	_, err = fmt.Fprint(c.ErrOrStderr(), x.Next(r.Dir, settings.Search.Continues()))
	return err
}
