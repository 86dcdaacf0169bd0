package nse_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
)

// An observer gets what will be searched, the start, and every event of the search by its number.
func TestObserverGetsEventsInOrder(t *testing.T) {
	dir := alone(t)
	var events []nse.Event
	o := nse.Options{Observe: func(e nse.Event) { events = append(events, e) }}
	r, err := nse.Start(t.Context(), filepath.Join(dir, "run"), nse.Pool{Ops: kernels()}, small(t), o)
	r = ended(t, r, err)
	p, prepared := events[0].(nse.Prepared)
	if !prepared || p.TrainImages != 48 || p.HeldOutImages != 12 || p.Operations != 6 || p.Layers != 3 || p.K != 2 {
		t.Errorf("first %+v", events[0])
	}
	s, started := events[1].(nse.Started)
	if !started || s.Dir != r.Dir || s.Steps != 10 || s.Dropped != 0 || s.Unit != p.Unit {
		t.Errorf("then %+v", events[1])
	}
	round := 0
	for i, e := range events[2:] {
		s, searched := e.(nse.Searched)
		if !searched || s.Seq != i || s.Round < round {
			t.Fatalf("event %d is %+v, in or after round %d", i, e, round)
		}
		round = s.Round
	}
	last, finished := bodyOf[evolve.Finished](events[len(events)-1])
	if reason, _, err := r.Ended(); err != nil || !finished || reason != last.Reason || round != 2 {
		t.Errorf("at the end of round %d: %+v, %v; the run says %q", round, last, err, reason)
	}
}

// Notices of what comes while the search runs are of another goroutine. They wait for the observer, which may give the
// search more operations too.
func TestObserverIsCalledOnceAtATime(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	settings := small(t)
	settings.Search.TrainSteps = 1_000_000
	var busy atomic.Bool
	late, complete, more := convolution("late", 3), false, 20
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := tabled(&counting{})
	o.Ops = []sdk.Op{late}
	o.Observe = func(e nse.Event) {
		if busy.Swap(true) {
			t.Error("two calls at once")
		}
		defer busy.Store(false)
		switch e := e.(type) {
		case nse.Notice:
			complete = complete || strings.Contains(e.Text, "is complete: 1 operation joins the pending lists")
		case nse.Searched:
			if e.Seq == 0 {
				if _, err := nse.AddOps(ctx, run, nse.Pool{Ops: []sdk.Op{late}}, nse.Options{}); err != nil {
					t.Error(err)
					cancel()
				}
			}
			time.Sleep(100 * time.Microsecond) // another call would come meanwhile
			if complete {
				more--
			}
			if more == 0 {
				cancel()
			}
		}
	}
	r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, settings, o)
	stopped(t, r, err)
	if !complete {
		t.Error("no notice of what has come")
	}
}
