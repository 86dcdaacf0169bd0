package main

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/nse-dev/nse"
)

func TestInterruptIsTheCauseOfEarlyErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, failure := &printer{w: io.Discard}, errors.New("a plugin did not start")
	if err := errors.Join(p.end(ctx, nil), p.end(ctx, failure)); !errors.Is(err, failure) ||
		errors.Is(err, errInterrupted) {
		t.Errorf("before: %v", err)
	}
	cancel()
	if err := p.end(ctx, failure); err != errInterrupted {
		t.Errorf("after: %v", err)
	}
	p.observe(nse.Started{})
	if err := p.end(ctx, failure); err != failure {
		t.Errorf("of a search that has begun: %v", err)
	}
	if status(errInterrupted) != 130 {
		t.Error("the exit status is not 130")
	}
}
