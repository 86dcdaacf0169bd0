package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/supernet/kernel"
)

// activate is an elementwise non-linearity.
func (b *builder) activate(x *G.Node, a kernel.Activation) *G.Node {
	return b.apply(op{
		name: "activation",
		out:  x.Shape(),
		home: over(0),
		run:  func(s *Session, dst []float32, in [][]float32) { kernel.Activate(s.Pool, a, dst, in[0]) },
		grad: func(in G.Nodes, out, dy *G.Node) G.Nodes {
			saved := in[0]
			if a.SavesOutput() {
				saved = out
			}
			return G.Nodes{b.apply(op{
				name: "activation gradient",
				out:  saved.Shape(),
				home: over(1),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.ActivateBackward(s.Pool, a, dst, in[0], in[1])
				},
			}, saved, dy)}
		},
	}, x)
}

// add is the sum of two or more equal shapes, in their order.
func (b *builder) add(in G.Nodes) *G.Node {
	return b.apply(op{
		name: "add",
		out:  in[0].Shape(),
		home: over(0),
		run:  addAll,
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			grads := make(G.Nodes, len(in))
			for i := range grads {
				grads[i] = dy
			}
			return grads
		},
	}, in...)
}

func addAll(s *Session, dst []float32, in [][]float32) {
	kernel.Add(s.Pool, dst, in[0], in[1])
	for _, x := range in[2:] {
		kernel.Add(s.Pool, dst, dst, x)
	}
}

// multiply is the product of two equal shapes, or of x [N, H, W, C] and a gate y [N, 1, 1, C].
func (b *builder) multiply(x, y *G.Node) *G.Node {
	if !x.Shape().Eq(y.Shape()) {
		return b.scaleChannels(x, y)
	}
	product := func(x, y *G.Node, grad gradient) *G.Node {
		return b.apply(op{
			name: "multiply",
			out:  x.Shape(),
			home: over(0, 1),
			run:  func(s *Session, dst []float32, in [][]float32) { kernel.Multiply(s.Pool, dst, in[0], in[1]) },
			grad: grad,
		}, x, y)
	}
	return product(x, y, func(in G.Nodes, _, dy *G.Node) G.Nodes {
		return G.Nodes{product(in[1], dy, nil), product(in[0], dy, nil)}
	})
}

// dropout zeroes elements at a rate in Train mode, and divides the others by 1 − rate. It is the identity in the other
// modes.
func (b *builder) dropout(x *G.Node, rate float32, node uint64) *G.Node {
	return b.drop("dropout", x, func(s *Session, dst, x []float32) {
		kernel.Dropout(s.Pool, dst, x, rate, s.mask(node))
	})
}

// dropPath zeroes whole images at a rate in Train mode, and divides the others by 1 − rate. It is the identity in the
// other modes.
func (b *builder) dropPath(x *G.Node, rate float32, node uint64) *G.Node {
	return b.drop("drop-path", x, func(s *Session, dst, x []float32) {
		kernel.DropPath(s.Pool, dst, x, s.Batch, rate, s.mask(node))
	})
}

// drop applies a mask that is linear in x, so that its gradient is the same mask on dy.
func (b *builder) drop(name string, x *G.Node, mask func(s *Session, dst, x []float32)) *G.Node {
	return b.apply(op{
		name: name,
		out:  x.Shape(),
		home: over(0),
		run: func(s *Session, dst []float32, in [][]float32) {
			if s.Mode != Train {
				copy(dst, in[0])
				return
			}
			mask(s, dst, in[0])
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			return G.Nodes{b.apply(op{
				name: name + " gradient",
				out:  in[0].Shape(),
				home: over(0),
				run:  func(s *Session, dst []float32, in [][]float32) { mask(s, dst, in[0]) },
			}, dy)}
		},
	}, x)
}
