package registry

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/sourcegraph/conc"
	"google.golang.org/grpc"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// bind makes the Exec primitives of a graph run in the plugin. Their errors do not say where the operation stands in
// ops.toml: a search that is resumed reads another file, and records the same.
func (h *host) bind(op Op, g *sdk.Graph) error {
	return g.Bind(func(e sdk.Exec, in sdk.Shape) (func(sdk.Call) error, error) {
		request := &wire.RunRequest{Family: op.Family, Kernel: e.Kernel, Args: wire.EncodeArgs(e.Args), In: wire.EncodeShape(in), Out: wire.EncodeShape(e.Out)}
		for _, w := range e.Weights {
			request.Weights = append(request.Weights, uint32(w.Size()))
		}
		return func(c sdk.Call) error {
			if err := h.run(request, c); err != nil {
				return fmt.Errorf("%s: %w", op.Name, err)
			}
			return nil
		}, nil
	})
}

// run computes a call in the plugin. A plugin that crashes is started again, twice at most.
func (h *host) run(r *wire.RunRequest, c sdk.Call) error {
	h.running.Lock()
	defer h.running.Unlock()
	for {
		err := h.latest().try(r, c)
		if _, crashed := errors.AsType[crash](err); !crashed {
			return err
		}
		if h.crashes++; h.crashes >= maxCrashes {
			return fmt.Errorf("%w, its crash number %d", err, h.crashes)
		}
		time.Sleep(pause << (2 * h.crashes))
		if again := h.restart(); again != nil {
			h.crashes = maxCrashes
			return fmt.Errorf("%w, and could not be started again: %w", err, again)
		}
	}
}

// A plugin is started again after 100 and 400 ms, and not any more after its third crash.
const (
	maxCrashes = 3
	pause      = 25 * time.Millisecond
)

// crash is an error of a call to a plugin whose process has ended.
type crash struct{ error }

func (c crash) Unwrap() error { return c.error }

// latest is the process that runs at present.
func (h *host) latest() *host {
	if h.successor != nil {
		return h.successor
	}
	return h
}

// restart puts a new process in the place of one that has crashed.
func (h *host) restart() error {
	next, err := h.again(context.Background())
	if err != nil {
		return err
	}
	if h.successor != nil {
		h.successor.close()
	} else {
		h.arena.close()
		h.arena = nil
	}
	h.successor = next
	return nil
}

// try computes a call in this process. The request is the primitive's, without what differs from call to call.
func (h *host) try(r *wire.RunRequest, c sdk.Call) error {
	r.Images, r.Backward, r.Data = uint32(c.Images), c.Backward, nil
	read, written, err := r.Tensors()
	if err != nil {
		return err
	}
	memory, shared := h.arena.floats(read + written)
	if !shared {
		memory = make([]float32, read+written)
	}
	theirs := r.Call(memory)
	copyGiven(theirs, c)
	if !shared {
		r.Data = wire.EncodeFloats(memory[:read])
	}
	reply, err := h.call(r, written)
	switch {
	case err != nil:
		return err
	case shared && len(reply.GetData()) > 0:
		return fmt.Errorf("%s answered Run with %d bytes of tensors, which belong into the arena", h.name, len(reply.GetData()))
	case !shared:
		if err := wire.DecodeFloats(memory[read:], reply.GetData()); err != nil {
			return fmt.Errorf("%s answered Run with %w", h.name, err)
		}
	}
	if !copyResults(c, theirs) && finite(given(c)) {
		return fmt.Errorf("%s computed a value that is not finite in kernel %s", h.name, r.GetKernel())
	}
	return nil
}

// call sends a request, whose results are that many floats, within the deadline of a call. A plugin that misses it may
// still write to the arena: it is killed. One whose process has ended has crashed.
func (h *host) call(r *wire.RunRequest, results int) (*wire.RunReply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), h.options.CallTimeout)
	defer cancel()
	reply, err := h.rpc.Run(ctx, r, grpc.MaxCallRecvMsgSize(4*results+maxReply), grpc.MaxCallSendMsgSize(wire.MaxTensors+1<<20))
	switch {
	case err == nil && reply.GetError() != "":
		return nil, fmt.Errorf("%s failed in kernel %s: %s", h.name, r.GetKernel(), oneLine(reply.GetError()))
	case err == nil:
		return reply, nil
	}
	missed := ctx.Err() != nil
	if missed {
		_ = h.process.Kill(ctx)
	}
	err = h.explainCall(ctx, "Run of "+r.GetKernel(), err)
	select {
	case <-h.process.exited:
		if !missed {
			return nil, crash{err}
		}
	default:
	}
	return nil, err
}

// copyGiven copies what a kernel reads to the plugin's memory.
func copyGiven(theirs, ours sdk.Call) {
	give := func(dst, src []float32) {
		spread(len(dst), func(from, to int) bool { copy(dst[from:to], src[from:to]); return true })
	}
	give(theirs.X, ours.X)
	give(theirs.DY, ours.DY)
	for i, w := range ours.W {
		give(theirs.W[i], w)
	}
}

// copyResults copies what a kernel has written from the plugin's memory, and reports whether all of it is finite.
func copyResults(ours, theirs sdk.Call) bool {
	take := func(dst, src []float32) bool {
		return spread(len(dst), func(from, to int) bool { return takeFinite(dst[from:to], src[from:to]) })
	}
	ok := take(ours.Y, theirs.Y)
	ok = take(ours.DX, theirs.DX) && ok
	for i, w := range ours.DW {
		ok = take(w, theirs.DW[i]) && ok
	}
	return ok
}

// given are the tensors that a kernel reads: unless all of them are finite, its results need not be.
func given(c sdk.Call) [][]float32 { return append([][]float32{c.X, c.DY}, c.W...) }

// finite reports whether all values of all tensors are finite.
func finite(tensors [][]float32) bool {
	for _, v := range tensors {
		if !allFinite(v) {
			return false
		}
	}
	return true
}

// part is the number of floats that a core claims at a time: Go copies 1 MiB and more past the caches.
const part = 1 << 18

// spread does work on 0..n−1 in parts, on all cores, and reports whether all of them are fine.
func spread(n int, work func(from, to int) bool) bool {
	var claimed atomic.Int64
	var bad atomic.Bool
	claim := func() {
		for from := int(claimed.Add(part)) - part; from < n; from = int(claimed.Add(part)) - part {
			if !work(from, min(from+part, n)) {
				bad.Store(true)
			}
		}
	}
	var others conc.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+part-1)/part) - 1 {
		others.Go(claim)
	}
	claim()
	others.Wait()
	return !bad.Load()
}

// openArena makes the memory that a plugin shares, if the system has it; without it tensors travel in messages.
func (h *host) openArena() {
	if h.options.NoArena {
		return
	}
	h.arena, _ = newArena(wire.MaxTensors)
	if h.arena != nil {
		h.process.lend(h.arena.file, wire.MaxTensors)
	}
}

// closeArena gives the memory back. The process is gone, so that a call which still used it has ended.
func (h *host) closeArena() {
	h.running.Lock()
	defer h.running.Unlock()
	h.arena.close()
	h.arena = nil
	if h.successor != nil {
		h.successor.close()
	}
}
