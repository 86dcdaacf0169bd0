package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// layerNorm normalises the channels of each pixel. p are weight and, without RMS, bias.
func (b *builder) layerNorm(k sdk.LayerNorm, in G.Nodes, p []*Param) *G.Node {
	n := kernel.LayerNorm{Channels: p[0].Size(), Eps: k.Eps, RMS: k.RMS}
	nodes := G.Nodes{in[0]}
	for _, param := range p {
		nodes = append(nodes, b.param(param))
	}
	weight, bias := p[0], new(Param) // empty with RMS
	if !k.RMS {
		bias = p[1]
	}
	return b.apply(op{
		name: "layer-norm",
		out:  in[0].Shape(),
		home: over(0),
		run: func(s *Session, dst []float32, in [][]float32) {
			n.Forward(s.Pool, dst, in[0], weight.Value, bias.Value)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			dx := b.apply(op{
				name: "layer-norm gradient",
				out:  in[0].Shape(),
				home: over(1),
				run: func(s *Session, dst []float32, in [][]float32) {
					n.Backward(s.Pool, dst, weight.Grad, bias.Grad, in[0], weight.Value, in[1])
				},
			}, in[0], dy)
			grads := G.Nodes{dx}
			for i, param := range p {
				grads = append(grads, b.side(dx, param, in[i+1]))
			}
			return grads
		},
	}, nodes...)
}
