package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// positionBias adds a number of the table, which p is, to each score.
func (b *builder) positionBias(k sdk.PositionBias, in G.Nodes, p []*Param) *G.Node {
	h, w, _ := hwc(in[0])
	bias := kernel.PositionBias{H: h, W: w, Heads: k.Heads}
	return b.apply(op{
		name: "position-bias",
		out:  in[0].Shape(),
		home: over(0),
		run:  func(s *Session, dst []float32, in [][]float32) { bias.Forward(s.Pool, dst, in[0], in[1]) },
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			return G.Nodes{dy, b.apply(op{
				name: "position-bias gradient",
				out:  in[1].Shape(),
				run:  func(s *Session, dst []float32, in [][]float32) { bias.Backward(s.Pool, dst, in[0]) },
			}, dy)}
		},
	}, in[0], b.param(p[0]))
}
