package sdk

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Graph is the intermediate representation of one operation at one layer: primitives in topological order. Build it
// with NewGraph, Input and the methods of Tensor; shapes are inferred as nodes are added. One goroutine builds a graph.
// A finished one may be read by many.
type Graph struct {
	In     Shape  // of one image
	Nodes  []Node // a node reads only nodes before it
	Output int    // index of the node whose value is the result

	err error
}

// Node is one primitive with its inputs.
type Node struct {
	Name      string // prefix of its parameters: its index, unless it was named
	Primitive Primitive
	Inputs    []int // indices of nodes; InputNode is the graph's input
	Shape     Shape // of its output, inferred
}

// InputNode stands for the graph's input among a node's inputs.
const InputNode = -1

// NewGraph starts a graph whose input has shape in. An empty or too large shape is the graph's first error.
func NewGraph(in Shape) *Graph { return &Graph{In: in, err: in.validate()} }

// Input is the activation that enters the operation.
func (g *Graph) Input() Tensor { return Tensor{g, InputNode} }

// Tensor is a value in a graph under construction. After the first invalid node every further one is ignored, so that
// builders chain without checks. Finish returns the error. The zero Tensor belongs to no graph, and its methods panic.
type Tensor struct {
	g    *Graph
	node int
}

// Shape is the inferred shape of one image's activations. It means nothing after an error in the graph.
func (t Tensor) Shape() Shape { return t.g.shape(t.node) }

// Named names the node that made t, and so its parameters. The default is the node's index, as in PyTorch's Sequential.
// Finish refuses names that are used twice, and the input cannot be named.
func (t Tensor) Named(name string) Tensor {
	if t.g.err == nil && t.node != InputNode {
		t.g.Nodes[t.node].Name = name
	}
	return t
}

// Add appends a primitive that reads the given tensors and returns its output. Authors use the named methods of Tensor;
// Add is for decoders and for primitives without a method. A graph has at most 4096 nodes.
func (g *Graph) Add(p Primitive, inputs ...Tensor) Tensor {
	if g.err != nil {
		return Tensor{g, InputNode}
	}
	index := len(g.Nodes)
	node := Node{Name: strconv.Itoa(index), Primitive: p}
	shapes := make([]Shape, len(inputs))
	for i, t := range inputs {
		if t.g != g || t.node >= index {
			return g.fail(index, p, errors.New("an input is from another graph"))
		}
		node.Inputs = append(node.Inputs, t.node)
		shapes[i] = t.Shape()
	}
	if index >= maxNodes {
		return g.fail(index, p, fmt.Errorf("more than %d nodes", maxNodes))
	}
	out, err := p.Infer(shapes)
	if err == nil {
		err = out.validate()
	}
	if err == nil {
		err = affordable(p, shapes)
	}
	if err != nil {
		return g.fail(index, p, err)
	}
	node.Shape = out
	g.Nodes = append(g.Nodes, node)
	return Tensor{g, index}
}

// At returns the value of a node that exists already, or the input for InputNode. Any other number is an error.
func (g *Graph) At(node int) (Tensor, error) {
	if node < InputNode || node >= len(g.Nodes) {
		return Tensor{}, fmt.Errorf("node %d does not exist before node %d", node, len(g.Nodes))
	}
	return Tensor{g, node}, nil
}

// Finish makes y the output and checks that it has the shape want. It returns the first error of the graph. Every node
// must reach the output, and names of nodes and parameters must be distinct.
func (g *Graph) Finish(y Tensor, want Shape) error {
	if g.err != nil {
		return g.err
	}
	if y.g != g {
		return errors.New("the output is not a tensor of this graph")
	}
	if got := y.Shape(); got != want {
		return fmt.Errorf("output is %v, the layer needs %v", got, want)
	}
	if err := g.checkNames(); err != nil {
		return err
	}
	if i, found := g.unused(y.node); found {
		return fmt.Errorf("node %d (%s) does not reach the output", i, g.Nodes[i].Primitive.Kind())
	}
	g.Output = y.node
	return nil
}

// Err returns the first error of the graph so far, which Finish returns too. It is nil if there is none.
func (g *Graph) Err() error { return g.err }

// checkNames refuses names that cannot stand in a weights file, and two nodes or parameters of one name.
func (g *Graph) checkNames() error {
	nodes, params := map[string]int{}, map[string]int{}
	for i, n := range g.Nodes {
		if n.Name == "" || len(n.Name) > 64 || !only(n.Name, lower+upper+digits+"_-.") {
			return fmt.Errorf("node %d: name %q is not 1 to 64 letters, digits, dots, dashes and underscores", i,
				n.Name)
		}
		if j, taken := nodes[n.Name]; taken {
			return fmt.Errorf("nodes %d and %d are both named %q", j, i, n.Name)
		}
		nodes[n.Name] = i
		for _, p := range n.Primitive.Params(g.InputShapes(i)) {
			name := n.Name + "." + p.Name
			if j, taken := params[name]; taken {
				return fmt.Errorf("nodes %d and %d both have a parameter %q", j, i, name)
			}
			params[name] = i
		}
	}
	return nil
}

// unused finds the first node that the output does not depend on.
func (g *Graph) unused(output int) (node int, found bool) {
	used := make([]bool, len(g.Nodes))
	if output != InputNode {
		used[output] = true
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		for _, in := range g.Nodes[i].Inputs {
			if used[i] && in != InputNode {
				used[in] = true
			}
		}
	}
	node = slices.Index(used, false)
	return node, node >= 0
}

func (g *Graph) fail(index int, p Primitive, err error) Tensor {
	g.err = fmt.Errorf("node %d (%s): %w", index, p.Kind(), err)
	return Tensor{g, InputNode}
}

func (g *Graph) shape(node int) Shape {
	if node == InputNode {
		return g.In
	}
	return g.Nodes[node].Shape
}

// InputShapes returns the shapes that node i reads, in the order of its inputs. The slice is the caller's.
func (g *Graph) InputShapes(i int) []Shape {
	shapes := make([]Shape, len(g.Nodes[i].Inputs))
	for j, in := range g.Nodes[i].Inputs {
		shapes[j] = g.shape(in)
	}
	return shapes
}

// Param is one tensor that belongs to a node of a graph.
type Param struct {
	Name  string // node name, dot, PyTorch's name: "3.weight", "4.running_mean"
	Shape []int  // in PyTorch's order: [out, in/groups, kh, kw] for convolutions
	Init  Init
}

// Size is the number of elements. It is 1 for an empty shape.
func (p Param) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Init says what a parameter holds before training. It is one of the constants, or what Constant returns.
type Init int64

// Initial values. RunningMean and RunningVar are buffers: not trained and not counted.
const (
	Kaiming     Init = iota // normal, variance 2/fan-out
	Zero                    // biases and shifts
	One                     // scales
	RunningMean             // 0
	RunningVar              // 1
)

// constant marks what Constant returns, beside the number's bits.
const constant Init = 1 << 32

// Constant is the initial value v for every element. Kernels of an Exec cannot have it.
func Constant(v float32) Init { return constant | Init(math.Float32bits(v)) }

// Value is what every element begins with. It is 0 for Kaiming, whose numbers are drawn.
func (i Init) Value() float32 {
	switch {
	case i == One || i == RunningVar:
		return 1
	case i&constant != 0:
		return math.Float32frombits(uint32(i))
	}
	return 0
}

// Trained reports whether the parameter has a gradient.
func (i Init) Trained() bool { return i < RunningMean || i&constant != 0 }

// Params lists the parameters and buffers of all nodes, in order, each by its full name such as "3.weight". Weights
// files and checkpoints use these names.
func (g *Graph) Params() (params []Param) {
	for i, n := range g.Nodes {
		for _, p := range n.Primitive.Params(g.InputShapes(i)) {
			p.Name = n.Name + "." + p.Name
			params = append(params, p)
		}
	}
	return params
}

// Count is the size of a graph.
type Count struct {
	Params int64 `json:"params"` // trained parameters
	MACs   int64 `json:"macs"`   // multiply-accumulates of convolutions and linear maps for one image, padding included
}

// Plus adds two counts.
func (c Count) Plus(d Count) Count { return Count{c.Params + d.Params, c.MACs + d.MACs} }

// Count counts trained parameters, and multiply-accumulates for one image, from the primitives.
func (g *Graph) Count() (c Count) {
	for i, n := range g.Nodes {
		in := g.InputShapes(i)
		for _, p := range n.Primitive.Params(in) {
			if p.Init.Trained() {
				c.Params += int64(p.Size())
			}
		}
		c.MACs += n.Primitive.MACs(in)
	}
	return c
}
