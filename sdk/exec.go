package sdk

import (
	"errors"
	"fmt"
)

// Exec is a primitive that the plugin computes itself. Its forward and backward run in the plugin's process, on memory
// that host and plugin share. It has one input; join several with Concat. Nothing can be inferred about a kernel, so
// that the primitive declares its output, weights and work.
type Exec struct {
	Kernel        string  // one of the family's Kernels
	Args          []int   // what the kernel needs to know besides the shapes
	Out           Shape   // of one image's output
	Weights       []Param // trained; of 1, 2 or 4 dimensions
	Work          int64   // multiply-accumulates for one image
	Deterministic bool    // equal calls give equal bits: without it, a search cannot be repeated to the bit

	// Run computes the primitive. Op.Graph and the host of a plugin set it. It is nil in a graph that was decoded and
	// not bound.
	Run func(Call) error
}

// Kernel is a computation of a family's Exec primitives. Both functions may use all cores, and run one call at a time
// for each process. They must not hold on to the slices. An error ends the operation's use in the search. So does a
// result that is not finite where the input is.
type Kernel struct {
	Name     string           // as a family's
	Forward  func(Call) error // overwrites Y from X and W
	Backward func(Call) error // overwrites DX and DW, the gradients of X and W, from X, W and DY, the gradient of Y
}

// Call is one computation of an Exec primitive on a batch. Activations are NHWC. A weight of shape [out, in, kh, kw]
// lies in memory as [kh, kw, in, out], and one of shape [out, in] as [in, out]. The kernel changes nothing but the
// results: Y in Forward, DX and DW in Backward. Results hold old values before the call, so that every element must be
// overwritten.
type Call struct {
	Backward bool // which of the two functions is meant
	Images   int  // N
	In, Out  Shape
	Args     []int

	X  []float32   // [N, In]
	W  [][]float32 // in the order of Weights
	Y  []float32   // [N, Out]; nil in Backward
	DY []float32   // [N, Out]; nil in Forward
	DX []float32   // [N, In]; nil in Forward
	DW [][]float32 // nil in Forward
}

// Limits of an Exec.
const (
	maxArgs    = 64
	maxWeights = 64
)

// Kind is "exec".
func (Exec) Kind() string { return "exec" }

// Infer returns the declared output. It refuses a name, weights or work that a plugin may not declare.
func (e Exec) Infer(in []Shape) (Shape, error) {
	if _, err := one(in); err != nil {
		return Shape{}, err
	}
	switch {
	case !spelled(e.Kernel, lower+digits+"-"):
		return Shape{},
			fmt.Errorf("kernel %q: a name is 1 to 64 lower-case letters, digits and dashes, and starts with a letter",
				e.Kernel)
	case len(e.Args) > maxArgs || len(e.Weights) > maxWeights:
		return Shape{}, fmt.Errorf("%d arguments and %d weights: want at most %d of each", len(e.Args), len(e.Weights),
			maxArgs)
	case e.Work < 0:
		return Shape{}, fmt.Errorf("%d multiply-accumulates", e.Work)
	}
	for _, w := range e.Weights {
		if err := w.validate(); err != nil {
			return Shape{}, fmt.Errorf("weight %q: %w", w.Name, err)
		}
	}
	return e.Out, nil
}

// Params returns the declared weights, which belong to e.
func (e Exec) Params([]Shape) []Param { return e.Weights }

// MACs returns the declared work.
func (e Exec) MACs([]Shape) int64 { return e.Work }

// validate checks what a plugin declares of a weight.
func (p Param) validate() error {
	if p.Name == "" || len(p.Name) > 64 || !only(p.Name, lower+upper+digits+"_") {
		return errors.New("a name is 1 to 64 letters, digits and underscores")
	}
	if n := len(p.Shape); n != 1 && n != 2 && n != 4 {
		return fmt.Errorf("shape %v: want 1, 2 or 4 dimensions", p.Shape)
	}
	size := 1
	for _, d := range p.Shape {
		if d < 1 || d > maxSide || size > maxSize/d {
			return fmt.Errorf("shape %v is empty or too large", p.Shape)
		}
		size *= d
	}
	if p.Init < Kaiming || p.Init > One {
		return fmt.Errorf("initial value %d: want Kaiming, Zero or One", int(p.Init))
	}
	return nil
}

// Exec computes t in the plugin's own code. The family must have a kernel of the name e.Kernel: Op.Graph fails without
// it.
func (t Tensor) Exec(e Exec) Tensor { return t.g.Add(e, t) }

// Bind sets how the graph's Exec primitives run: run is asked for each of them, with the shape of its input. It returns
// the first error of run, with the node. A graph without Exec primitives stays as it is.
func (g *Graph) Bind(run func(e Exec, in Shape) (func(Call) error, error)) error {
	for i, n := range g.Nodes {
		e, exec := n.Primitive.(Exec)
		if !exec {
			continue
		}
		var err error
		if e.Run, err = run(e, g.InputShapes(i)[0]); err != nil {
			return fmt.Errorf("node %d (exec): %w", i, err)
		}
		g.Nodes[i].Primitive = e
	}
	return nil
}

// Kernel returns the family's kernel of that name. An unknown name is an error.
func (op Op) Kernel(name string) (Kernel, error) {
	for _, k := range op.Kernels {
		if k.Name == name {
			return k, nil
		}
	}
	return Kernel{}, fmt.Errorf("family %s has no kernel %q", op.Name, name)
}

// Run computes a call by Forward or Backward, as the call says, and returns its error.
func (k Kernel) Run(c Call) error {
	if c.Backward {
		return k.Backward(c)
	}
	return k.Forward(c)
}

// bind makes the graph's Exec primitives run in this process.
func (op Op) bind(g *Graph) error {
	return g.Bind(func(e Exec, _ Shape) (func(Call) error, error) {
		k, err := op.Kernel(e.Kernel)
		return k.Run, err
	})
}

// validate checks the declaration of a kernel.
func (k Kernel) validate() error {
	switch {
	case !spelled(k.Name, lower+digits+"-"):
		return fmt.Errorf("kernel %q: a name is 1 to 64 lower-case letters, digits and dashes, and starts with "+
			"a letter", k.Name)
	case k.Forward == nil || k.Backward == nil:
		return fmt.Errorf("kernel %q: want Forward and Backward", k.Name)
	}
	return nil
}
