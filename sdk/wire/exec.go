package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

// ArenaVariable is the environment variable that names the arena to a plugin: the number of an open file, a colon, and
// its size in bytes. Without it tensors travel in messages.
const ArenaVariable = "NSE_ARENA"

// MaxTensors bounds the tensors of one Run in bytes, in the arena and in a message.
const MaxTensors = 1 << 30

// encodeExec is the message of what an Exec declares. Run stays where it is.
func encodeExec(e sdk.Exec) *Exec {
	m := &Exec{Kernel: e.Kernel, Args: EncodeArgs(e.Args), Out: EncodeShape(e.Out), Macs: e.Work,
		Deterministic: e.Deterministic}
	for _, w := range e.Weights {
		shape := make([]uint32, len(w.Shape))
		for i, d := range w.Shape {
			shape[i] = uint32(d)
		}
		m.Weights = append(m.Weights, &Weight{Name: w.Name, Shape: shape, Initial: Initial(w.Init)})
	}
	return m
}

// decodeExec is the reverse of encodeExec, not checked yet: sdk.Exec.Infer does that. Run is nil.
func decodeExec(m *Exec) sdk.Exec {
	e := sdk.Exec{Kernel: m.GetKernel(), Args: decodeArgs(m.GetArgs()), Out: decodeShape(m.GetOut()), Work: m.GetMacs(),
		Deterministic: m.GetDeterministic()}
	for _, w := range m.GetWeights() {
		p := sdk.Param{Name: w.GetName(), Init: sdk.Init(w.GetInitial())}
		for _, d := range w.GetShape() {
			p.Shape = append(p.Shape, int(d))
		}
		e.Weights = append(e.Weights, p)
	}
	return e
}

// EncodeShape is the message of a shape of one image.
func EncodeShape(s sdk.Shape) *Shape {
	return &Shape{Height: uint32(s.Height), Width: uint32(s.Width), Channels: uint32(s.Channels)}
}

func decodeShape(m *Shape) sdk.Shape {
	return sdk.Shape{Height: int(m.GetHeight()), Width: int(m.GetWidth()), Channels: int(m.GetChannels())}
}

// EncodeArgs is the message of a kernel's arguments. It is nil for none.
func EncodeArgs(args []int) []int64 {
	var m []int64
	for _, a := range args {
		m = append(m, int64(a))
	}
	return m
}

func decodeArgs(m []int64) []int {
	var args []int
	for _, a := range m {
		args = append(args, int(a))
	}
	return args
}

// Tensors are the numbers of floats that a Run is given and gives back. Forward is given X and W and gives Y. Backward
// is given X, W and DY and gives DX and DW. Empty shapes, and more than MaxTensors bytes in all, are errors.
func (r *RunRequest) Tensors() (given, results int, err error) {
	x, xErr := tensor(r.GetIn(), r.GetImages())
	y, yErr := tensor(r.GetOut(), r.GetImages())
	w := 0
	for _, n := range r.GetWeights() {
		w += int(min(n, MaxTensors))
	}
	if given, results = x+w, y; r.GetBackward() {
		given, results = x+w+y, x+w
	}
	if err := errors.Join(xErr, yErr); err != nil {
		return 0, 0, err
	}
	if 4*(given+results) > MaxTensors {
		return 0, 0, fmt.Errorf("%d bytes of tensors are more than the %d of a call: use a smaller batch",
			4*(given+results), MaxTensors)
	}
	return given, results, nil
}

// tensor is the number of elements of a batch of activations.
func tensor(s *Shape, images uint32) (int, error) {
	n := uint64(1)
	for _, d := range []uint32{images, s.GetHeight(), s.GetWidth(), s.GetChannels()} {
		if n *= uint64(d); d == 0 || n > MaxTensors {
			return 0, fmt.Errorf("%d images of %v are none or too many", images, decodeShape(s))
		}
	}
	return int(n), nil
}

// Call lays the tensors of a request out in memory, which has the floats that Tensors counts. The order is X, W, Y in
// Forward and X, W, DY, DX, DW in Backward, without gaps. The call shares the memory.
func (r *RunRequest) Call(memory []float32) sdk.Call {
	take := func(n int) (t []float32) {
		t, memory = memory[:n:n], memory[n:]
		return t
	}
	weights := func() (all [][]float32) {
		for _, n := range r.GetWeights() {
			all = append(all, take(int(n)))
		}
		return all
	}
	c := sdk.Call{Backward: r.GetBackward(), Images: int(r.GetImages()), In: decodeShape(r.GetIn()),
		Out: decodeShape(r.GetOut()), Args: decodeArgs(r.GetArgs())}
	x, y := c.Images*c.In.Size(), c.Images*c.Out.Size()
	c.X, c.W = take(x), weights()
	if !c.Backward {
		c.Y = take(y)
		return c
	}
	c.DY, c.DX, c.DW = take(y), take(x), weights()
	return c
}

// EncodeFloats is a message's form of floats: 4 bytes each, little-endian.
func EncodeFloats(v []float32) []byte {
	data, err := binary.Append(make([]byte, 0, 4*len(v)), binary.LittleEndian, v)
	if err != nil {
		panic(err) // a float32 has a fixed size
	}
	return data
}

// DecodeFloats fills dst from a message. Data of another length than 4·len(dst) is an error.
func DecodeFloats(dst []float32, data []byte) error {
	if len(data) != 4*len(dst) {
		return fmt.Errorf("%d bytes of tensors, want %d", len(data), 4*len(dst))
	}
	_, err := binary.Decode(data, binary.LittleEndian, dst)
	return err
}
