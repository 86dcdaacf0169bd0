package graph

import (
	"fmt"
	"hash/fnv"

	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// value is a node of an expression graph. If conv is not nil, the node is its output, and the reader has yet to apply
// the normalisation behind it.
type value struct {
	*G.Node
	conv *convolution
}

// norm is what the reader has yet to apply, or nil.
func (v value) norm() *batchNorm {
	if v.conv == nil {
		return nil
	}
	return v.conv.out
}

// lower adds the nodes of an IR graph that reads x. It returns the output, and the parameters and buffers in the order
// of the IR's nodes. name makes the masks of dropout its own. The error is that of a primitive which the engine does
// not know.
func (b *builder) lower(name string, g *sdk.Graph, x *G.Node) (y *G.Node, params []*Param, err error) {
	l := lowering{builder: b, name: name, fusion: fuse(g), values: make([]value, len(g.Nodes)),
		params: make([][]*Param, len(g.Nodes))}
	for i := range g.Nodes {
		l.params[i] = nodeParams(g, i)
		params = append(params, l.params[i]...)
	}
	for i, n := range g.Nodes {
		in := make([]value, len(n.Inputs))
		for j, from := range n.Inputs {
			in[j] = value{Node: x}
			if from != sdk.InputNode {
				in[j] = l.value(from, l.through[i] || l.left[i])
			}
		}
		if l.values[i] = l.lower(i, in); l.values[i].Node == nil {
			return nil, nil, fmt.Errorf("graph: %s: node %d: the engine has no kernel for %s", name, i,
				n.Primitive.Kind())
		}
	}
	if g.Output == sdk.InputNode {
		return x, params, nil
	}
	return l.value(g.Output, false).Node, params, nil
}

// lowering is an IR graph on its way into an expression graph.
type lowering struct {
	*builder
	*fusion
	name   string
	values []value
	params [][]*Param
}

// value is the value of node i. A raw one may be yet to be normalised by its reader.
func (l *lowering) value(i int, raw bool) value {
	if v := l.values[i]; !raw && v.conv != nil {
		l.values[i] = value{Node: l.normalise(v)}
	}
	return l.values[i]
}

// lower adds the nodes for IR node i. Its Node is nil for an unknown primitive.
func (l *lowering) lower(i int, in []value) value {
	n := l.ir.Nodes[i]
	if l.left[i] {
		return in[0]
	}
	if c, conv := n.Primitive.(sdk.Conv2D); conv {
		return l.conv2d(i, in[0], c)
	}
	nodes := make(G.Nodes, len(in))
	for j, v := range in {
		nodes[j] = v.Node
	}
	return value{Node: l.primitive(n, nodes, l.params[i], number(l.name, n.Name))}
}

// conv2d is a convolution with the normalisation that is left to its reader.
func (l *lowering) conv2d(i int, x value, c sdk.Conv2D) value {
	var norm *batchNorm
	if j, ok := l.norm[i]; ok {
		norm = newBatchNorm(l.ir.Nodes[j].Primitive.(sdk.BatchNorm), l.params[j], l.relu(j))
	}
	return l.builder.conv2d(x, c, l.params[i], norm)
}

// primitive is the table of the other lowerings, but for those of typed primitives. It adds the nodes for one IR node
// with inputs in and parameters p. It returns nil for an unknown primitive. seed makes the mask of a node that drops
// its own.
func (b *builder) primitive(n sdk.Node, in G.Nodes, p []*Param, seed uint64) *G.Node {
	switch k := n.Primitive.(type) {
	case sdk.Linear:
		return b.bias(b.conv1x1(in[0], p[0]), p[1])
	case sdk.BatchNorm:
		return b.batchNorm(in[0], k, p)
	case sdk.Activation:
		return b.activate(in[0], kernel.Activation(k))
	case sdk.SqueezeExcite:
		return b.squeezeExcite(in[0], k, p)
	case sdk.MaxPool:
		return b.maxPool(in[0], k)
	case sdk.AvgPool:
		return b.avgPool(in[0], k)
	case sdk.GlobalAvgPool:
		return b.globalAvgPool(in[0])
	case sdk.Add:
		return b.add(in)
	case sdk.Multiply:
		return b.multiply(in[0], in[1])
	case sdk.Concat:
		return b.concat(in)
	case sdk.Slice:
		return b.slice(in[0], k.From, k.Channels)
	case sdk.ChannelShuffle:
		return b.shuffle(in[0], k.Groups)
	case sdk.Dropout:
		return b.dropout(in[0], k.Rate, seed)
	case sdk.DropPath:
		return b.dropPath(in[0], k.Rate, seed)
	case sdk.Exec:
		return b.exec(in[0], k, p)
	}
	return b.typed(n.Primitive, in, p)
}

// nodeParams allocates the parameters of node i, in the order and with the names of sdk.Graph.Params.
func nodeParams(g *sdk.Graph, i int) (params []*Param) {
	for _, p := range g.Nodes[i].Primitive.Params(g.InputShapes(i)) {
		p.Name = g.Nodes[i].Name + "." + p.Name
		params = append(params, newParam(p))
	}
	return params
}

// number tells the nodes of a network apart, by the names of block and node.
func number(block, node string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s", block, node)
	return h.Sum64()
}
