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

// interrupts turns the first Ctrl-C (or SIGTERM) into the end of a context, and the second into the end of the process.
type interrupts struct {
	ctx  context.Context
	stop func()
}

// early is an error from before the search, of which an interrupt is the true cause where there was one.
func (i interrupts) early(err error) error {
	if err == nil || i.ctx.Err() == nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "stopped before the search began")
	return errInterrupted
}

func watchInterrupts(parent context.Context) interrupts {
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
	return interrupts{ctx, func() {
		signal.Stop(signals)
		close(signals)
		<-ended
		cancel()
	}}
}
