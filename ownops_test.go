package nse_test

import (
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
)

// A pool may be of Go values alone, of a file, or of both. An operation that the file names has the file's attributes.
func TestPools(t *testing.T) {
	dir := alone(t)
	path := filepath.Join(dir, "ops.toml")
	writeFile(t, path, `[[plugin]]
builtin = "mbconv"
[[plugin.op]]
name = "mbconv"
kernel = [3, 5]
expand = 1
[[plugin]]
builtin = "wide"
[[plugin.op]]
name = "wide"
kernel = 5
`)
	wide := sdk.Op{Name: "wide", Attrs: []sdk.Attr{{Name: "kernel", Short: "k", Doc: "side", Default: 3}},
		Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().ConvKxK(l.Out, a.Int("kernel"), l.Stride, 1, 1).BatchNorm(), nil
		}}
	for name, c := range map[string]struct {
		pool nse.Pool
		o    nse.Options
		want []string
	}{
		"values": {nse.Pool{Ops: []sdk.Op{convolution("one", 1), wide}}, nse.Options{}, []string{"one", "wide"}},
		"file": {nse.Pool{File: path}, nse.Options{Ops: []sdk.Op{wide}},
			[]string{"mbconv-k3-e1", "mbconv-k5-e1", "wide-k5"}},
		"file and more": {nse.Pool{File: path, Ops: []sdk.Op{convolution("one", 1), wide}}, nse.Options{},
			[]string{"mbconv-k3-e1", "mbconv-k5-e1", "wide-k5", "one"}},
	} {
		run := filepath.Join(dir, name)
		var warnings []string
		c.o.Observe = func(e nse.Event) {
			if n, notice := e.(nse.Notice); notice && n.Warning {
				warnings = append(warnings, n.Text)
			}
		}
		r, err := nse.Start(t.Context(), run, c.pool, small(t), c.o)
		if got := names(t, ended(t, r, err)); !slices.Equal(got, c.want) || warnings != nil {
			t.Errorf("%s: operations %v, warnings %v", name, got, warnings)
		}
		front := nse.ExportOptions{Pick: "front-1"}
		o := nse.Options{Ops: []sdk.Op{convolution("one", 1), wide}}
		if _, err := nse.Describe(t.Context(), run, front, o); err != nil {
			t.Errorf("%s: the front: %v", name, err)
		}
	}
}

// An operation with a kernel of its own is searched in this process. A run with it goes on where Options.Ops have it,
// to the same bits, and nowhere else.
func TestKernelInProcess(t *testing.T) {
	dir := alone(t)
	whole, run := filepath.Join(dir, "whole"), filepath.Join(dir, "run")
	var calls atomic.Int64
	own := doubling(func() { calls.Add(1) })
	pool := nse.Pool{Ops: []sdk.Op{own, convolution("one", 1)}}
	r, err := nse.Start(t.Context(), whole, pool, small(t), nse.Options{})
	ended(t, r, err)
	if calls.Load() == 0 {
		t.Error("the kernel was never called")
	}
	ctx, observe := cancelAt(t, inRound(1))
	r, err = nse.Start(ctx, run, pool, small(t), nse.Options{Observe: observe})
	stopped(t, r, err)
	_, err = nse.Resume(t.Context(), run, nse.Options{})
	if err == nil || !strings.Contains(err.Error(), `"doubling" is not built into this program`) {
		t.Errorf("without the operation: %v", err)
	}
	r, err = nse.Resume(t.Context(), run, nse.Options{Ops: []sdk.Op{own}})
	ended(t, r, err)
	sameFiles(t, whole, run, "front.json")
}

// An operation whose kernel panics is quarantined, in a search that goes on. It is not needed to go on.
func TestPanicInAKernel(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	var calls atomic.Int64
	own := doubling(func() {
		if calls.Add(1) > 3 {
			panic("out of luck")
		}
	})
	var reason string
	ctx, cancelling := cancelAt(t, func(e nse.Event) bool { return reason != "" })
	o := nse.Options{Observe: func(e nse.Event) {
		if q, is := bodyOf[evolve.Quarantined](e); is {
			reason = q.Reason
		}
		cancelling(e)
	}}
	r, err := nse.Start(ctx, run, nse.Pool{Ops: append(kernels(), own)}, small(t), o)
	stopped(t, r, err)
	const want = `doubling: plugin "doubling" failed in kernel double: doubling panicked: out of luck`
	if !strings.Contains(reason, want) {
		t.Errorf("the reason: %s", reason)
	}
	r, err = nse.Resume(t.Context(), run, nse.Options{})
	r = ended(t, r, err)
	history, err := r.History()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(history, func(op nse.History) bool { return op.Op == "doubling" })
	if i < 0 || history[i].Quarantined == nil || history[i].Quarantined.Reason != reason || len(history[i].Fronts) > 0 {
		t.Errorf("history %+v", history)
	}
}

// Operations of this program join its search while it runs, and are searched on after a resume.
func TestAddedOps(t *testing.T) {
	dir := alone(t)
	run := filepath.Join(dir, "run")
	late := convolution("late", 3)
	var added, came []string
	ctx, cancelling := cancelAt(t, inRound(2))
	o := nse.Options{Ops: []sdk.Op{late}, Observe: func(e nse.Event) {
		cancelling(e)
		if _, begun := bodyOf[evolve.RoundStarted](e); begun && added == nil {
			var err error
			if added, err = nse.AddOps(t.Context(), run, nse.Pool{Ops: []sdk.Op{late}}, nse.Options{}); err != nil {
				t.Error(err)
			}
		}
		if a, is := bodyOf[evolve.Arrived](e); is {
			came = append(came, a.Names...)
		}
	}}
	pool := nse.Pool{Ops: []sdk.Op{convolution("one", 1), convolution("five", 5)}}
	settings := small(t)
	settings.Seed = 4 // its first front leaves layers that can be refilled, so that there is a second round
	r, err := nse.Start(ctx, run, pool, settings, o)
	stopped(t, r, err)
	if want := []string{"late"}; !slices.Equal(added, want) || !slices.Equal(came, want) {
		t.Errorf("added %v, came %v", added, came)
	}
	_, err = nse.AddOps(t.Context(), run, nse.Pool{Ops: []sdk.Op{late}}, nse.Options{})
	if err == nil || !strings.Contains(err.Error(), "knows all operations") {
		t.Errorf("added again: %v", err)
	}
	r, err = nse.Resume(t.Context(), run, nse.Options{})
	r = ended(t, r, err)
	if got := names(t, r); !slices.Equal(got, []string{"one", "five", "late"}) {
		t.Errorf("operations %v", got)
	}
}
