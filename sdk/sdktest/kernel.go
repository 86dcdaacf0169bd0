package sdktest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/layers"
	"github.com/nse-dev/nse/sdk/wire"
)

// kernel is an Exec primitive at a layer, with a request to run it.
type kernel struct {
	exec    sdk.Exec
	request *wire.RunRequest
}

// kernels tests the Exec primitives of a member at a small normal layer and a small reduction.
func kernels(op sdk.Op, attrs sdk.Attrs, s *served) error {
	for _, l := range layers.Small() {
		g, err := build(op, l, attrs)
		if err != nil {
			continue // everywhere has looked at it
		}
		for i, n := range g.Nodes {
			e, exec := n.Primitive.(sdk.Exec)
			if !exec {
				continue
			}
			if err := newKernel(op, e, g.InputShapes(i)[0]).check(s); err != nil {
				return fmt.Errorf("%s at %s: node %d: kernel %s %w", op.Member(attrs), l, i, e.Kernel, err)
			}
		}
	}
	return nil
}

// newKernel is the kernel of an Exec primitive whose input has shape in, for a batch of 3 images.
func newKernel(op sdk.Op, e sdk.Exec, in sdk.Shape) kernel {
	r := &wire.RunRequest{Family: op.Name, Kernel: e.Kernel, Args: wire.EncodeArgs(e.Args), In: wire.EncodeShape(in),
		Out: wire.EncodeShape(e.Out), Images: 3}
	for _, w := range e.Weights {
		r.Weights = append(r.Weights, uint32(w.Size()))
	}
	return kernel{e, r}
}

// check runs the kernel on normal numbers from a fixed seed, forward and backward, on a batch of 3 images.
func (k kernel) check(s *served) error {
	k.request.Backward = true
	given, results, err := k.request.Tensors()
	if err != nil {
		return err
	}
	numbers, r := make([]float32, given), rand.New(rand.NewChaCha8([32]byte{}))
	for i := range numbers {
		numbers[i] = float32(0.5 * r.NormFloat64())
	}
	y, err := k.steady(s, numbers[:results], false) // x and the weights have the sizes of their gradients
	if err != nil {
		return fmt.Errorf("forward %w", err)
	}
	gradient, err := k.steady(s, numbers, true)
	if err != nil {
		return fmt.Errorf("backward %w", err)
	}
	if len(numbers) != results+len(y) {
		return errors.New("has tensors that do not add up")
	}
	return k.differences(numbers[:results], numbers[results:], gradient)
}

// steady runs the kernel twice, and over the wire, and compares if it is to be deterministic.
func (k kernel) steady(s *served, given []float32, backward bool) ([]float32, error) {
	first, err := k.run(given, backward)
	if err != nil {
		return nil, err
	}
	again, err := k.run(given, backward)
	if err != nil {
		return nil, err
	}
	remote, err := k.remote(s, given, backward)
	if err != nil {
		return nil, err
	}
	if k.exec.Deterministic && (!slices.Equal(first, again) || !slices.Equal(first, remote)) {
		return nil, errors.New("gives other results in an equal call: it is not deterministic, as it declares")
	}
	return first, nil
}

// run calls the kernel on memory whose results are NaN before, and looks at what it leaves there. given is the kernel's
// input, in the order of wire.RunRequest.Call. A panic is an error.
func (k kernel) run(given []float32, backward bool) (results []float32, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panics: %v", p)
		}
	}()
	k.request.Backward = backward
	_, n, err := k.request.Tensors()
	if err != nil {
		return nil, err
	}
	memory := append(slices.Clone(given), make([]float32, n)...)
	results = memory[len(given):]
	for i := range results {
		results[i] = float32(math.NaN())
	}
	if err := k.exec.Run(k.request.Call(memory)); err != nil {
		return nil, fmt.Errorf("fails: %w", err)
	}
	if !slices.Equal(memory[:len(given)], given) {
		return nil, errors.New("changes what it is given")
	}
	if i := slices.IndexFunc(results, func(v float32) bool {
		return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0)
	}); i >= 0 {
		return nil, fmt.Errorf("leaves %v in element %d of its results, which it has to overwrite", results[i], i)
	}
	return results, nil
}

// remote runs the kernel through the plugin protocol. Tensors travel in the messages.
func (k kernel) remote(s *served, given []float32, backward bool) ([]float32, error) {
	k.request.Backward, k.request.Data = backward, wire.EncodeFloats(given)
	reply, err := s.rpc.Run(context.Background(), k.request)
	k.request.Data = nil
	if err != nil {
		return nil, err
	}
	if reply.GetError() != "" {
		return nil, errors.New("fails over the wire: " + reply.GetError())
	}
	results := make([]float32, len(reply.GetData())/4)
	return results, wire.DecodeFloats(results, reply.GetData())
}

// Central differences of float32 sums with step h are good to a few thousandths of the largest gradient.
const (
	step      = 4e-3
	tolerance = 1e-2
)

// differences compares the gradient of Σ y·dy by x and the weights with central differences, tensor by tensor. given is
// x and the weights. gradient has its layout. Of a large tensor it looks at about 64 elements, evenly spread.
func (k kernel) differences(given, dy, gradient []float32) error {
	sizes := []int{len(given)}
	names := []string{"x"}
	for _, w := range k.exec.Weights {
		sizes[0] -= w.Size()
		sizes, names = append(sizes, w.Size()), append(names, w.Name)
	}
	from := 0
	for t, size := range sizes {
		worst, largest, at := 0.0, 0.1, 0
		for i := from; i < from+size; i += 1 + size/64 {
			want, err := k.slope(given, dy, i)
			if err != nil {
				return err
			}
			largest = math.Max(largest, math.Abs(want))
			if e := math.Abs(float64(gradient[i]) - want); e > worst {
				worst, at = e, i-from
			}
		}
		if !(worst <= tolerance*largest) {
			return fmt.Errorf("backward is wrong: the gradient of %s[%d] differs from the central difference by %.2g "+
				"of the largest", names[t], at, worst/largest)
		}
		from += size
	}
	return nil
}

// slope is the central difference of Σ y·dy by element i of what is given.
func (k kernel) slope(given, dy []float32, i int) (float64, error) {
	var sums, places [2]float64
	for side, h := range []float32{-step, step} {
		moved := slices.Clone(given)
		moved[i] += h
		y, err := k.run(moved, false)
		if err != nil {
			return 0, fmt.Errorf("forward %w", err)
		}
		for j := range y {
			sums[side] += float64(y[j]) * float64(dy[j])
		}
		places[side] = float64(moved[i])
	}
	return (sums[1] - sums[0]) / (places[1] - places[0]), nil
}
