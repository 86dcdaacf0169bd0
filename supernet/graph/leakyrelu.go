package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// leakyRelu is a rectifier that lets a part of negative numbers through.
func (b *builder) leakyRelu(k sdk.LeakyReLU, in G.Nodes, _ []*Param) *G.Node {
	return b.apply(op{
		name: "leaky-relu",
		out:  in[0].Shape(),
		home: over(0),
		run:  func(s *Session, dst []float32, in [][]float32) { kernel.LeakyReLU(s.Pool, dst, in[0], k.Slope) },
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			return G.Nodes{b.apply(op{
				name: "leaky-relu gradient",
				out:  in[0].Shape(),
				home: over(1),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.LeakyReLUBackward(s.Pool, dst, in[0], in[1], k.Slope)
				},
			}, in[0], dy)}
		},
	}, in[0])
}
