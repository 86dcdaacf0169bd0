// Package graph turns the graph of an operation into a gorgonia expression graph with its gradient, plans its memory
// and runs it. It is the only importer of gorgonia.
//
// Activations are flat float32 slices of N images, [N, H, W, C]. The caller owns those that it passes in. What lies
// between the kernels of a pass is lent from the session's Arena.
package graph

import (
	"fmt"
	"maps"

	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
)

// Compile builds the expression graph of a finished IR graph, its gradient by gorgonia.Backpropagate, and the memory
// plan of its passes. The name appears in errors and makes the masks of its dropout nodes its own. The block runs
// batches of any size. Compile may be called from several goroutines. The error is that of a primitive which the engine
// does not know.
func Compile(name string, g *sdk.Graph) (*Block, error) {
	construction.Lock()
	defer construction.Unlock()
	b := newBuilder(1)
	x := b.input("x", g.In)
	y, params, err := b.lower(name, g, x)
	if err != nil {
		return nil, err
	}
	h, w, c := hwc(y)
	block := &Block{Params: params, MACs: g.Count().MACs, name: name, in: g.In, out: sdk.Shape{Height: h, Width: w, Channels: c}}
	dy := b.input("dy", block.out)
	grads, err := G.Backpropagate(G.Nodes{y}, G.Nodes{dy}, append(G.Nodes{x}, b.leaves...))
	if err != nil {
		return nil, fmt.Errorf("graph: %s: %w", name, err)
	}
	block.plan(b, x, y, dy, grads)
	return block, nil
}

// plan assembles the programs. grads are the gradients of x and of the builder's parameters, in this order.
func (b *Block) plan(g *builder, x, y, dy *G.Node, grads G.Nodes) {
	result := goal{y, ref{place: atY, size: b.out.Size()}}
	wanted := []goal{{grads[0], ref{place: atDX, size: b.in.Size()}}}
	for i, p := range g.params {
		wanted = append(wanted, goal{grads[i+1], ref{place: atGrad, param: p}})
	}
	given := func() map[*G.Node]ref {
		known := map[*G.Node]ref{x: {place: atX, size: b.in.Size()}}
		for i, p := range g.params {
			known[g.leaves[i]] = ref{place: atValue, param: p}
		}
		return known
	}
	b.probe = plan(g, inlined, given(), nil, result)
	b.eval = plan(g, settled, given(), nil, result)

	known := given()
	b.train = plan(g, apart, known, saved(g, given(), result, dy, wanted), result)
	known[dy] = ref{place: atDY, size: b.out.Size()}
	b.gradients = plan(g, apart, maps.Clone(known), nil, wanted...)
	b.inputs = plan(g, apart, maps.Clone(known), nil, wanted[0])
	b.weights = plan(g, apart, known, nil, wanted[1:]...)
}

// saved are the values of the forward pass that the backward pass reads.
func saved(g *builder, known map[*G.Node]ref, result goal, dy *G.Node, wanted []goal) map[*G.Node]bool {
	forward := map[*G.Node]bool{}
	for _, n := range ancestors(g.graph, apart, known, []goal{result}) {
		forward[n] = true
		known[n] = ref{}
	}
	known[dy] = ref{}
	keep := map[*G.Node]bool{}
	for _, n := range ancestors(g.graph, apart, known, wanted) {
		for _, in := range inputs(g.graph, n) {
			if forward[in] {
				keep[in] = true
			}
		}
	}
	return keep
}
