package graph

import (
	"fmt"
	"hash/fnv"

	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// lower adds the nodes of an IR graph, reading x, and returns the output and the graph's parameters and buffers.
// name makes the masks of dropout its own.
func (b *builder) lower(name string, g *sdk.Graph, x *G.Node) (y *G.Node, params []*Param, err error) {
	values := make([]*G.Node, len(g.Nodes))
	value := func(i int) *G.Node {
		if i == sdk.InputNode {
			return x
		}
		return values[i]
	}
	for i, n := range g.Nodes {
		own := nodeParams(g, i)
		params = append(params, own...)
		in := make(G.Nodes, len(n.Inputs))
		for j, from := range n.Inputs {
			in[j] = value(from)
		}
		if values[i] = b.primitive(n, in, own, number(name, n.Name)); values[i] == nil {
			return nil, nil, fmt.Errorf("graph: %s: node %d: the engine has no kernel for %s", name, i, n.Primitive.Kind())
		}
	}
	return value(g.Output), params, nil
}

// primitive is the table of lowerings: it adds the nodes for one IR node with inputs in and parameters p, or returns nil
// for an unknown primitive. seed numbers the node among all that drop.
func (b *builder) primitive(n sdk.Node, in G.Nodes, p []*Param, seed uint64) *G.Node {
	switch k := n.Primitive.(type) {
	case sdk.Conv2D:
		return b.conv2d(in[0], k, p)
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
	}
	return nil
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
