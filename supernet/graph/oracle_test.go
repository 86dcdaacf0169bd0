package graph

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// network is a small sampled network: the first and the last block stand alone, each layer between them is the mean
// of its branches, and of its input where that has the same shape.
type network struct {
	graphs [][]*sdk.Graph
	blocks [][]*Block
}

func newNetwork(t *testing.T) *network {
	n := &network{}
	at := sdk.Shape{Height: 8, Width: 10, Channels: 3}
	layer := func(branches ...func(x sdk.Tensor) sdk.Tensor) {
		graphs, blocks := make([]*sdk.Graph, len(branches)), make([]*Block, len(branches))
		for i, f := range branches {
			graphs[i] = build(t, at, f)
			blocks[i] = compile(t, fmt.Sprintf("layers.%d.%d", len(n.blocks), i), graphs[i])
		}
		n.graphs, n.blocks = append(n.graphs, graphs), append(n.blocks, blocks)
		at = blocks[0].OutShape()
	}
	layer(func(x sdk.Tensor) sdk.Tensor { return x.ConvKxK(8, 3, 1, 1, 1).BatchNormAct(sdk.ReLU) })
	layer(func(x sdk.Tensor) sdk.Tensor { return mbconv(x, 8, 5, 3, 1, 1, sdk.ReLU) }, shufflenet)
	layer(ssc, func(x sdk.Tensor) sdk.Tensor {
		h := x.Conv1x1(8, 1).BatchNormAct(sdk.HSwish).Depthwise(3, 2, 2).BatchNormAct(sdk.HSwish)
		return h.SqueezeExcite(4, sdk.HSwish).Conv1x1(6, 1).BatchNorm().DropPath(0.4)
	})
	layer(func(x sdk.Tensor) sdk.Tensor { return mbconv(x, 6, 3, 2, 2, 2, sdk.Swish).Dropout(0.2) },
		func(x sdk.Tensor) sdk.Tensor { return x.Depthwise(3, 1, 1).Add(x, x.Conv1x1(6, 1)) })
	layer(func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(12, 1).Activate(sdk.ReLU).GlobalAvgPool().Linear(10) })
	return n
}

func (n *network) identity(l int) bool {
	return l > 0 && l < len(n.blocks)-1 && n.blocks[l][0].in == n.blocks[l][0].out
}

// chain runs the network block by block, as a supernet does, and returns the result and the gradient of x.
func (n *network) chain(s *Session, x, dy []float32) (y, dx []float32) {
	acts := [][]float32{x}
	for l, blocks := range n.blocks {
		h := acts[l]
		y := make([]float32, s.Batch*blocks[0].OutShape().Size())
		var outs [][]float32
		for _, b := range blocks {
			out := s.Arena.Floats(len(y))
			b.Forward(s, out, h)
			outs = append(outs, out)
		}
		if n.identity(l) {
			outs = append(outs, h)
		}
		kernel.Mean(s.Pool, y, outs...)
		acts = append(acts, y)
	}
	for l := len(n.blocks) - 1; l >= 0; l-- {
		dy = n.back(s, l, dy, len(acts[l]))
	}
	return acts[len(n.blocks)], dy
}

func (n *network) back(s *Session, l int, dy []float32, size int) (dx []float32) {
	branches := len(n.blocks[l])
	if n.identity(l) {
		branches++
	}
	part := make([]float32, len(dy))
	kernel.Scale(s.Pool, part, dy, 1/float32(branches))
	dx = make([]float32, size)
	if n.identity(l) {
		copy(dx, part)
	}
	for i := len(n.blocks[l]) - 1; i >= 0; i-- {
		g := make([]float32, size)
		n.blocks[l][i].Backward(s, g, part)
		kernel.Add(s.Pool, dx, dx, g)
	}
	return dx
}

// whole builds the network as one gorgonia graph of the same operations with copies of the parameters.
func (n *network) whole(t *testing.T, b *builder, x *G.Node) (y *G.Node, params []*Param) {
	for l, blocks := range n.blocks {
		var outs G.Nodes
		for i, block := range blocks {
			out, own, err := b.lower(block.name, n.graphs[l][i], x)
			if err != nil {
				t.Fatal(err)
			}
			for j, p := range own {
				copy(p.Value, block.Params[j].Value)
			}
			outs, params = append(outs, out), append(params, own...)
		}
		if n.identity(l) {
			outs = append(outs, x)
		}
		x = b.mean(outs)
	}
	return x, params
}

// mean is the mean of branches, for graphs of whole networks.
func (b *builder) mean(in G.Nodes) *G.Node {
	share := 1 / float32(len(in))
	return b.apply(op{
		name: "mean",
		out:  in[0].Shape(),
		run:  func(s *Session, dst []float32, in [][]float32) { kernel.Mean(s.Pool, dst, in...) },
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			part := b.apply(op{
				name: "mean-gradient",
				out:  dy.Shape(),
				run:  func(s *Session, dst []float32, in [][]float32) { kernel.Scale(s.Pool, dst, in[0], share) },
			}, dy)
			grads := make(G.Nodes, len(in))
			for i := range grads {
				grads[i] = part
			}
			return grads
		},
	}, in...)
}

// stock runs the graph from x to y, and back from dy, on gorgonia's own machine in Train mode. It returns y, dx and the
// gradients of the builder's parameters.
func (b *builder) stock(t interface{ Fatal(...any) }, x, y *G.Node, xs, dys []float32) (results [][]float32) {
	h, w, c := hwc(y)
	dy := b.input("dy", sdk.Shape{Height: h, Width: w, Channels: c})
	grads, err := G.Backpropagate(G.Nodes{y}, G.Nodes{dy}, append(G.Nodes{x}, b.leaves...))
	if err != nil {
		t.Fatal(err)
	}
	values := make([]G.Value, len(grads)+1)
	for i, node := range append(G.Nodes{y}, grads...) {
		G.Read(node, &values[i])
	}
	for node, v := range map[*G.Node][]float32{x: xs, dy: dys} {
		if err := G.Let(node, tensor.New(tensor.WithShape(node.Shape()...), tensor.WithBacking(v))); err != nil {
			t.Fatal(err)
		}
	}
	machine := G.NewTapeMachine(b.graph)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		results = append(results, v.Data().([]float32))
	}
	return results
}

// TestTapeMachine compares the chain of blocks with gorgonia's own machine on the whole network as one graph.
func TestTapeMachine(t *testing.T) {
	const batch = 4
	n := newNetwork(t)
	in, out := n.blocks[0][0].in, n.blocks[len(n.blocks)-1][0].out
	b := newBuilder(batch)
	b.session = newSession(t, batch, Train)
	x := b.input("x", in)
	y, params := n.whole(t, b, x)
	xs, dys := noise(batch*in.Size(), 1), noise(batch*out.Size(), 2)
	want := b.stock(t, x, y, xs, dys)

	gotY, gotDX := n.chain(newSession(t, batch, Train), xs, dys)
	near(t, "y", gotY, want[0], 1e-5)
	near(t, "dx", gotDX, want[1], 1e-5)
	grads := map[*Param][]float32{}
	for i, p := range b.params {
		grads[p] = want[i+2]
	}
	n.compare(t, params, grads)
}

// compare checks gradients and running statistics against those of params.
func (n *network) compare(t *testing.T, params []*Param, grads map[*Param][]float32) {
	i := 0
	for _, blocks := range n.blocks {
		for _, b := range blocks {
			for _, p := range b.Params {
				what := b.name + "." + p.Name
				if p.Init.Trained() {
					near(t, what+" gradient", p.Grad, grads[params[i]], 1e-5)
				} else {
					near(t, what, p.Value, params[i].Value, 1e-5)
				}
				i++
			}
		}
	}
	if i != len(params) {
		t.Errorf("compared %d of %d parameters", i, len(params))
	}
}
