package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
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
