package main

import (
	"context"
	"errors"
	"testing"
)

func TestInterruptIsTheCauseOfEarlyErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	i, failure := interrupts{ctx: ctx}, errors.New("a plugin did not start")
	if err := errors.Join(i.early(nil), i.early(failure)); !errors.Is(err, failure) || errors.Is(err, errInterrupted) {
		t.Errorf("before: %v", err)
	}
	cancel()
	if err := i.early(failure); err != errInterrupted {
		t.Errorf("after: %v", err)
	}
	if status(errInterrupted) != 130 {
		t.Error("the exit status is not 130")
	}
}
