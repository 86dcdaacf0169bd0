package main

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/progress"
)

func TestInterruptIsTheCauseOfEarlyErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, p, failure := new(cobra.Command), progress.NewPrinter(io.Discard), errors.New("a plugin did not start")
	c.SetErr(io.Discard)
	if err := errors.Join(ended(ctx, c, p, nil), ended(ctx, c, p, failure)); !errors.Is(err, failure) ||
		errors.Is(err, errInterrupted) {
		t.Errorf("before: %v", err)
	}
	cancel()
	if err := ended(ctx, c, p, failure); err != errInterrupted {
		t.Errorf("after: %v", err)
	}
	p.Observe(nse.Started{})
	if err := ended(ctx, c, p, failure); err != failure {
		t.Errorf("of a search that has begun: %v", err)
	}
	if status(errInterrupted) != 130 {
		t.Error("the exit status is not 130")
	}
}
