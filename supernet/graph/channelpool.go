package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// channelPool takes the mean and the maximum over the channels: [N, H, W, C] → [N, H, W, 2].
func (b *builder) channelPool(_ sdk.ChannelPool, in G.Nodes, _ []*Param) *G.Node {
	h, w, c := hwc(in[0])
	return b.apply(op{
		name: "channel-pool",
		out:  b.shape(h, w, 2),
		run:  func(s *Session, dst []float32, in [][]float32) { kernel.ChannelPool(s.Pool, dst, in[0], c) },
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			return G.Nodes{b.apply(op{
				name: "channel-pool gradient",
				out:  in[0].Shape(),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.ChannelPoolBackward(s.Pool, dst, in[0], in[1], c)
				},
			}, in[0], dy)}
		},
	}, in[0])
}
