package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// softmax is over each part of the channels of each pixel.
func (b *builder) softmax(k sdk.Softmax, in G.Nodes, _ []*Param) *G.Node {
	_, _, c := hwc(in[0])
	size := c / k.Groups
	return b.apply(op{
		name: "softmax",
		out:  in[0].Shape(),
		home: over(0),
		run:  func(s *Session, dst []float32, in [][]float32) { kernel.Softmax(s.Pool, dst, in[0], size) },
		grad: func(_ G.Nodes, y, dy *G.Node) G.Nodes {
			return G.Nodes{b.apply(op{
				name: "softmax gradient",
				out:  y.Shape(),
				home: over(1),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.SoftmaxBackward(s.Pool, dst, in[0], in[1], size)
				},
			}, y, dy)}
		},
	}, in[0])
}
