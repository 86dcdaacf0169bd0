package registry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/sourcegraph/conc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// bind makes the Exec primitives of a graph run in the plugin.
func (h *host) bind(op Op, g *sdk.Graph) error {
	return g.Bind(func(e sdk.Exec, in sdk.Shape) (func(sdk.Call) error, error) {
		request := &wire.RunRequest{Family: op.Family, Kernel: e.Kernel, Args: wire.EncodeArgs(e.Args), In: wire.EncodeShape(in), Out: wire.EncodeShape(e.Out)}
		for _, w := range e.Weights {
			request.Weights = append(request.Weights, uint32(w.Size()))
		}
		return func(c sdk.Call) error {
			if err := h.run(request, c); err != nil {
				return fmt.Errorf("%s: %s: %w", op.Where, op.Name, err)
			}
			return nil
		}, nil
	})
}

// run computes a call in the plugin. The request is the primitive's, without what differs from call to call.
func (h *host) run(r *wire.RunRequest, c sdk.Call) error {
	h.running.Lock()
	defer h.running.Unlock()
	r.Images, r.Backward, r.Data = uint32(c.Images), c.Backward, nil
	given, results, err := r.Tensors()
	if err != nil {
		return err
	}
	memory, shared := h.arena.floats(given + results)
	if !shared {
		memory = make([]float32, given+results)
	}
	theirs := r.Call(memory)
	copyGiven(theirs, c)
	if !shared {
		r.Data = wire.EncodeFloats(memory[:given])
	}
	reply, err := h.call(r)
	if err != nil {
		return err
	}
	if !shared {
		if err := wire.DecodeFloats(memory[given:], reply.GetData()); err != nil {
			return fmt.Errorf("%s answered Run with %w", h.name, err)
		}
	}
	if !copyResults(c, theirs) && finite(c) {
		return fmt.Errorf("%s computed a value that is not finite in kernel %s", h.name, r.GetKernel())
	}
	return nil
}

// call sends a request within the deadline of a call. A plugin that misses it may still write to the arena: it is killed.
func (h *host) call(r *wire.RunRequest) (*wire.RunReply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), h.options.CallTimeout)
	defer cancel()
	reply, err := h.rpc.Run(ctx, r, grpc.MaxCallRecvMsgSize(wire.MaxTensors+1<<20), grpc.MaxCallSendMsgSize(wire.MaxTensors+1<<20))
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded {
			_ = h.process.Kill(ctx)
		}
		return nil, h.explainCall(ctx, "Run of "+r.GetKernel(), err)
	}
	if reply.GetError() != "" {
		return nil, fmt.Errorf("%s failed in kernel %s: %s", h.name, r.GetKernel(), oneLine(reply.GetError()))
	}
	return reply, nil
}

// copyGiven copies what a kernel reads to the plugin's memory.
func copyGiven(theirs, ours sdk.Call) {
	spread(theirs.X, ours.X)
	spread(theirs.DY, ours.DY)
	for i, w := range ours.W {
		spread(theirs.W[i], w)
	}
}

// copyResults copies what a kernel has written from the plugin's memory, and reports whether all of it is finite. What
// was checked is the copy: the plugin may go on writing.
func copyResults(ours, theirs sdk.Call) bool {
	ok := spread(ours.Y, theirs.Y)
	ok = spread(ours.DX, theirs.DX) && ok
	for i, w := range ours.DW {
		ok = spread(w, theirs.DW[i]) && ok
	}
	return ok
}

// finite reports whether all that a kernel was given is finite: if not, its results need not be.
func finite(c sdk.Call) bool {
	for _, v := range append([][]float32{c.X, c.DY}, c.W...) {
		if !allFinite(v) {
			return false
		}
	}
	return true
}

// part is the number of floats below which a copy is not worth a goroutine.
const part = 1 << 16

// spread copies src to dst on several cores and reports whether the copy is finite.
func spread(dst, src []float32) bool {
	n := max(1, min(runtime.GOMAXPROCS(0), len(dst)/part))
	ok := make([]bool, n)
	var all conc.WaitGroup
	for i := range n {
		from, to := i*len(dst)/n, (i+1)*len(dst)/n
		work := func() { ok[i] = copyFinite(dst[from:to], src[from:to]) }
		if i == n-1 {
			work()
			break
		}
		all.Go(work)
	}
	all.Wait()
	for _, finite := range ok {
		if !finite {
			return false
		}
	}
	return true
}

// copyFinite copies a cache's worth at a time, so that the check reads what is still in it.
func copyFinite(dst, src []float32) bool {
	const step = 4096
	ok := true
	for from := 0; from < len(dst); from += step {
		to := min(from+step, len(dst))
		copy(dst[from:to], src[from:to])
		ok = allFinite(dst[from:to]) && ok
	}
	return ok
}

// allFinite looks at the exponents: all ones stand for Inf and NaN.
func allFinite(v []float32) bool {
	const exponent = 0x7f800000
	var found uint32
	for _, f := range v {
		// Adding one to an exponent of all ones carries into the sign, which was cleared.
		found |= math.Float32bits(f)&^(1<<31) + (1<<31 - exponent)
	}
	return found>>31 == 0
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
}
