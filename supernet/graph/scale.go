package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// scale multiplies each channel by its weight, which p is.
func (b *builder) scale(_ sdk.Scale, in G.Nodes, p []*Param) *G.Node {
	weight := p[0]
	return b.apply(op{
		name: "channel-scale",
		out:  in[0].Shape(),
		home: over(0),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.Weigh(s.Pool, dst, in[0], weight.Value)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			dx := b.apply(op{
				name: "channel-scale gradient",
				out:  in[0].Shape(),
				home: over(1),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.WeighBackward(s.Pool, dst, weight.Grad, in[0], weight.Value, in[1])
				},
			}, in[0], dy)
			return G.Nodes{dx, b.side(dx, weight, in[1])}
		},
	}, in[0], b.param(weight))
}
