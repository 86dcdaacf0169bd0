package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/auto"
	"github.com/nse-dev/nse/internal/experiment"
	"github.com/nse-dev/nse/internal/progress"
)

var (
	errInterrupted = errors.New("interrupted")
	errNoPool      = errors.New("--pool is missing: the shipped one is ops.toml")
)

// interruptible ends a context with the first Ctrl-C, and the process with the second. Call stop after use.
func interruptible(parent context.Context) (ctx context.Context, stop func()) {
	return progress.Interruptible(parent, os.Stderr, func() { os.Exit(interrupted) })
}

// observed runs what may take long, shows its events on standard error, and turns an interrupt into its end.
func observed(c *cobra.Command, o nse.Options, run func(context.Context, nse.Options) error) error {
	ctx, stop := interruptible(c.Context())
	defer stop()
	p := progress.NewPrinter(c.ErrOrStderr())
	o.Observe = p.Observe
	return ended(ctx, c, p, run(ctx, o))
}

// ended ends what p shows, and turns an interrupt into errInterrupted after saying how to go on.
func ended(ctx context.Context, c *cobra.Command, p *progress.Printer, err error) error {
	begun := p.Close()
	var search *nse.Stopped
	var retraining *nse.StoppedRetraining
	var study *experiment.Stopped
	var whole *auto.Stopped
	switch {
	case errors.As(err, &whole) || errors.As(err, &study) || errors.As(err, &search) || errors.As(err, &retraining):
		fmt.Fprintln(c.ErrOrStderr(), err)
	case err == nil || ctx.Err() == nil || begun:
		return err
	default:
		fmt.Fprintln(c.ErrOrStderr(), "stopped before the search began")
	}
	return errInterrupted
}
