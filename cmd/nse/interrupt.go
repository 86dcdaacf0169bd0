package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

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

// interruptible turns the first Ctrl-C (or SIGTERM) into the end of a context, and the second into the end of the
// process. Call stop after use.
func interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, open := <-signals; !open {
			return
		}
		fmt.Fprintln(os.Stderr, "nse: stopping at a checkpoint (once more to stop at once)")
		cancel()
		if _, open := <-signals; open {
			os.Exit(interrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		<-ended
		cancel()
	}
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
