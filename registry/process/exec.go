package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry/tensors"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// bind makes the Exec primitives of a graph run in the plugin. Their errors do not say where the operation stands in
// ops.toml. A search records them, and records the same after a resume, which reads another file.
func (h *Host) bind(name, family string, g *sdk.Graph) error {
	return g.Bind(func(e sdk.Exec, in sdk.Shape) (func(sdk.Call) error, error) {
		request := &wire.RunRequest{Family: family, Kernel: e.Kernel, Args: wire.EncodeArgs(e.Args),
			In: wire.EncodeShape(in), Out: wire.EncodeShape(e.Out)}
		for _, w := range e.Weights {
			request.Weights = append(request.Weights, uint32(w.Size()))
		}
		return func(c sdk.Call) error {
			if err := h.run(request, c); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		}, nil
	})
}

// run computes a call in the plugin. A plugin that crashes is started again, twice at most, and computes the call anew.
// Its results are the same ones if the kernel is deterministic.
func (h *Host) run(r *wire.RunRequest, c sdk.Call) error {
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
func (h *Host) latest() *Host {
	if h.successor != nil {
		return h.successor
	}
	return h
}

// restart puts a new process in the place of one that has crashed.
func (h *Host) restart() error {
	next, err := h.again(context.Background())
	if err != nil {
		return err
	}
	if h.successor != nil {
		h.successor.Close()
	} else {
		h.arena.close()
		h.arena = nil
	}
	h.successor = next
	return nil
}

// try computes a call in this process. The request is the primitive's, without what differs from call to call. Tensors
// travel in the arena if it has room for them, else in messages.
func (h *Host) try(r *wire.RunRequest, c sdk.Call) error {
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
		return fmt.Errorf("%s answered Run with %d bytes of tensors, which belong into the arena", h.name,
			len(reply.GetData()))
	case !shared:
		if err := wire.DecodeFloats(memory[read:], reply.GetData()); err != nil {
			return fmt.Errorf("%s answered Run with %w", h.name, err)
		}
	}
	if !copyResults(c, theirs) && tensors.Given(c) {
		return fmt.Errorf("%s computed a value that is not finite in kernel %s", h.name, r.GetKernel())
	}
	return nil
}

// call sends a request, whose results are that many floats. A plugin that misses the deadline of a call is killed: it
// may still write to the arena. One that floods its streams has been killed, and is not started again. If the plugin's
// process has ended by itself, the error is a crash.
func (h *Host) call(r *wire.RunRequest, results int) (*wire.RunReply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), h.options.CallTimeout)
	defer cancel()
	reply, err := h.rpc.Run(ctx, r, grpc.MaxCallRecvMsgSize(4*results+maxReply),
		grpc.MaxCallSendMsgSize(wire.MaxTensors+1<<20))
	if err == nil {
		h.process.flood.answered()
	}
	switch {
	case err == nil && reply.GetError() != "":
		return nil, fmt.Errorf("%s failed in kernel %s: %s", h.name, r.GetKernel(), text.Clean(reply.GetError()))
	case err == nil:
		return reply, nil
	}
	missed := ctx.Err() != nil || h.process.flood.over.Load()
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
	tensors.Copy(theirs.X, ours.X)
	tensors.Copy(theirs.DY, ours.DY)
	for i, w := range ours.W {
		tensors.Copy(theirs.W[i], w)
	}
}

// copyResults copies what a kernel has written from the plugin's memory, and reports whether all of it is finite.
func copyResults(ours, theirs sdk.Call) bool {
	ok := tensors.CopyFinite(ours.Y, theirs.Y)
	ok = tensors.CopyFinite(ours.DX, theirs.DX) && ok
	for i, w := range ours.DW {
		ok = tensors.CopyFinite(w, theirs.DW[i]) && ok
	}
	return ok
}

// openArena makes the memory that a plugin shares, if the system has it; without it tensors travel in messages.
func (h *Host) openArena() {
	if h.options.NoArena {
		return
	}
	h.arena, _ = newArena(wire.MaxTensors)
	if h.arena != nil {
		h.process.lend(h.arena.file, wire.MaxTensors)
	}
}

// closeArena gives the memory back. The process is gone by then, so that a call that used the memory has ended.
func (h *Host) closeArena() {
	h.running.Lock()
	defer h.running.Unlock()
	h.arena.close()
	h.arena = nil
	if h.successor != nil {
		h.successor.Close()
	}
}
