package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// gatePixels multiplies each pixel of in[0] [N, H, W, C] by that of in[1] [N, H, W, 1].
func (b *builder) gatePixels(_ sdk.GatePixels, in G.Nodes, _ []*Param) *G.Node {
	_, _, c := hwc(in[0])
	product := func(x, gate *G.Node, grad gradient) *G.Node {
		return b.apply(op{
			name: "gate-pixels",
			out:  x.Shape(),
			home: over(0),
			run: func(s *Session, dst []float32, in [][]float32) {
				kernel.GatePixels(s.Pool, dst, in[0], in[1], c)
			},
			grad: grad,
		}, x, gate)
	}
	return product(in[0], in[1], func(in G.Nodes, _, dy *G.Node) G.Nodes {
		return G.Nodes{product(dy, in[1], nil), b.apply(op{
			name: "gate-pixels gradient",
			out:  in[1].Shape(),
			run: func(s *Session, dst []float32, in [][]float32) {
				kernel.GateGradient(s.Pool, dst, in[0], in[1], c)
			},
		}, in[0], dy)}
	})
}
