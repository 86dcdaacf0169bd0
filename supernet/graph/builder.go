package graph

import (
	"fmt"
	"sync"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/nse-dev/nse/sdk"
)

// construction serialises the building of graphs, which touches gorgonia's global state. Running needs no lock.
var construction sync.Mutex

// builder adds nodes to one gorgonia graph.
type builder struct {
	graph   *G.ExprGraph
	batch   int      // of the nodes' shapes; the executor runs any other too
	session *Session // in which stock machines run the operations; nil for the executor
	params  []*Param // that have nodes, in the order of their nodes in leaves
	leaves  G.Nodes
	ops     uint32
}

func newBuilder(batch int) *builder { return &builder{graph: G.NewGraph(), batch: batch} }

// input adds a node for activations of shape s that come from outside.
func (b *builder) input(name string, s sdk.Shape) *G.Node {
	return G.NewTensor(b.graph, tensor.Float32, 4, G.WithName(name),
		G.WithShape(b.batch, s.Height, s.Width, s.Channels))
}

// param adds a node bound to a parameter's value.
func (b *builder) param(p *Param) *G.Node {
	shape := p.engineShape()
	value := tensor.New(tensor.WithShape(shape[:]...), tensor.WithBacking(p.Value))
	name := fmt.Sprintf("param %d %s", len(b.params), p.Name)
	node := G.NewTensor(b.graph, tensor.Float32, 4, G.WithName(name), G.WithShape(shape[:]...), G.WithValue(value))
	b.params, b.leaves = append(b.params, p), append(b.leaves, node)
	return node
}

// apply adds an operation on inputs. Shapes come from a valid IR, so a refusal by gorgonia is a mistake of this
// package, and panics.
func (b *builder) apply(o op, in ...*G.Node) *G.Node {
	o.arity, o.id, o.b = len(in), b.ops, b
	b.ops++
	node, err := G.ApplyOp(&o, in...)
	if err != nil {
		panic(fmt.Sprintf("graph: %v: %v", &o, err))
	}
	return node
}

// shape is the nominal shape of a batch of activations.
func (b *builder) shape(height, width, channels int) tensor.Shape {
	return tensor.Shape{b.batch, height, width, channels}
}

// hwc splits the shape of a node of activations.
func hwc(x *G.Node) (height, width, channels int) {
	s := x.Shape()
	return s[1], s[2], s[3]
}
