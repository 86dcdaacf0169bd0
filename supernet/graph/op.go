package graph

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// run is a kernel: it overwrites dst from in. All are flat NHWC. dst is nil if the result is not wanted.
type run func(s *Session, dst []float32, in [][]float32)

// flops is the number of floating-point operations of a run to dst. A nil dst means that the result is not wanted.
type flops func(s *Session, dst []float32) int

// gradient adds the nodes of an operation's gradient to its graph, and returns one for every input. It may read the
// inputs of the operation, its output out, and the gradient dy of the output.
type gradient func(in G.Nodes, out, dy *G.Node) G.Nodes

// op is an operation of a gorgonia graph whose kernel works on flat slices. The executor calls run on memory that it
// has planned. A stock machine calls Do, which allocates.
type op struct {
	name  string       // kind of the kernel, in profiles
	out   tensor.Shape // four dimensions; the first of activations is the builder's nominal batch
	run   run
	flops flops    // nil: the operations do not count
	home  home     // zero: the output has memory of its own
	grad  gradient // nil in the backward pass
	fused fused    // zero: every program computes the operation by itself

	arity int
	id    uint32 // unique in its graph: gorgonia takes operations of equal hash for the same
	b     *builder
}

// home says where the output of an operation lies. At most one field is set. The zero home is memory of the output's
// own.
type home struct {
	// over are inputs whose memory the output may take over. It takes that of one which the operation is the last to
	// read, and reads once.
	over []int
	// part makes the output this part of an input, unless it is nil.
	part *view
	// grad makes the output the gradient of this parameter, which the input has computed beside its own result. It is
	// nil for other outputs.
	grad *Param
}

// over is the home of an output that may take over the memory of one of these inputs.
func over(inputs ...int) home { return home{over: inputs} }

// fused says how an operation is computed together with the one that makes its first input. It holds for programs that
// keep nothing for a backward pass. The zero fused is an operation that is always computed by itself.
type fused struct {
	// inline reads the inputs of the first input in its place, and then the other inputs. It has no home and no
	// gradient. It is nil for none.
	inline *op
	// absent makes the first input the output in Eval mode, since the operation that makes that has done the work.
	absent bool
}

// view is a range of a value, in floats per image. The executor does not run the operation of a view, unless runs is
// set: then it has results beside the view. Stock machines run it to copy the range.
type view struct {
	input, from, size int
	runs              bool
}

var (
	_ G.Op   = (*op)(nil)
	_ G.SDOp = (*op)(nil)
)

func (o *op) Arity() int { return o.arity }

// Type is new at every call: gorgonia puts it into a pool after use.
func (o *op) Type() hm.Type {
	types := make([]hm.Type, o.arity+1)
	for i := range types {
		types[i] = G.TensorType{Dims: 4, Of: tensor.Float32}
	}
	return hm.NewFnType(types...)
}

// InferShape returns the shape that the IR has inferred already.
func (o *op) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.out.Clone(), nil }

// Do runs the kernel on a stock machine, in the builder's session.
func (o *op) Do(values ...G.Value) (G.Value, error) {
	if o.b.session == nil {
		return nil, fmt.Errorf("graph: %v on a stock machine without a session", o)
	}
	in := make([][]float32, len(values))
	for i, v := range values {
		in[i] = v.Data().([]float32)
	}
	y := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(o.out...))
	o.run(o.b.session, y.Data().([]float32), in)
	return y, nil
}

// These three keep stock machines from sharing memory between values.
func (o *op) ReturnsPtr() bool     { return true }
func (o *op) CallsExtern() bool    { return false }
func (o *op) OverwritesInput() int { return -1 }

func (o *op) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o *op) Hashcode() uint32      { return o.id }
func (o *op) String() string        { return fmt.Sprintf("%s#%d", o.name, o.id) }

// DiffWRT is true for every input of a forward operation.
func (o *op) DiffWRT(inputs int) []bool {
	wrt := make([]bool, inputs)
	for i := range wrt {
		wrt[i] = o.grad != nil
	}
	return wrt
}

// SymDiff refuses an operation of the backward pass, which has no gradient.
func (o *op) SymDiff(in G.Nodes, out, dy *G.Node) (G.Nodes, error) {
	if o.grad == nil {
		return nil, fmt.Errorf("graph: %v has no gradient", o)
	}
	return o.grad(in, out, dy), nil
}
