package serve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"google.golang.org/grpc"

	"github.com/nse-dev/nse/sdk/wire"
)

// newServer is go-plugin's server with room for tensors.
func newServer(o []grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(o, grpc.MaxRecvMsgSize(wire.MaxTensors+1<<20),
		grpc.MaxSendMsgSize(wire.MaxTensors+1<<20))...)
}

// Run implements wire.OperationsServer. What goes wrong in the kernel is part of the reply.
func (s *operations) Run(_ context.Context, r *wire.RunRequest) (*wire.RunReply, error) {
	reply := &wire.RunReply{}
	if err := s.exec(r, reply); err != nil {
		reply = &wire.RunReply{Error: err.Error()}
	}
	return reply, nil
}

// exec runs the kernel of a request, forward or backward. Results are in the arena, or in the reply if the request came
// with data.
func (s *operations) exec(r *wire.RunRequest, reply *wire.RunReply) (err error) {
	defer calm(r.GetFamily(), &err)
	op, err := s.family(r.GetFamily())
	if err != nil {
		return err
	}
	kernel, err := op.Kernel(r.GetKernel())
	if err != nil {
		return err
	}
	given, results, err := r.Tensors()
	if err != nil {
		return err
	}
	memory, err := s.memory(r, given, results)
	if err != nil {
		return err
	}
	if err := kernel.Run(r.Call(memory)); err != nil {
		return err
	}
	if len(r.GetData()) > 0 {
		reply.Data = wire.EncodeFloats(memory[given:])
	}
	return nil
}

// memory is where the tensors of a request are: in the arena, or copied from the message. It holds given + results
// floats, those that are given first. The arena is shared with the host, which waits for the reply.
func (s *operations) memory(r *wire.RunRequest, given, results int) ([]float32, error) {
	n := given + results
	if len(r.GetData()) > 0 {
		memory := make([]float32, n)
		return memory, wire.DecodeFloats(memory[:given], r.GetData())
	}
	if s.arena == nil || 4*n > len(s.arena) {
		return nil, fmt.Errorf("%d bytes of tensors in an arena of %d", 4*n, len(s.arena))
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&s.arena[0])), n), nil
}

// openArena maps the memory that the host shares. It is nil, without an error, if the host shares none.
func openArena() ([]byte, error) {
	value, shared := os.LookupEnv(wire.ArenaVariable)
	if !shared {
		return nil, nil
	}
	number, bytes, _ := strings.Cut(value, ":")
	file, err := strconv.Atoi(number)
	size, sizeErr := strconv.Atoi(bytes)
	if err := errors.Join(err, sizeErr); err != nil {
		return nil, fmt.Errorf("%s = %q: want FILE:BYTES", wire.ArenaVariable, value)
	}
	return mapFile(file, size)
}
