package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/supernet/kernel"
)

// concat joins the channels of values [N, H, W, C_i] in their order: [N, H, W, ΣC_i].
func (b *builder) concat(in G.Nodes) *G.Node {
	h, w, _ := hwc(in[0])
	channels, total := make([]int, len(in)), 0
	for i, x := range in {
		_, _, channels[i] = hwc(x)
		total += channels[i]
	}
	return b.apply(op{
		name: "concat",
		out:  b.shape(h, w, total),
		run: func(s *Session, dst []float32, in [][]float32) {
			from := 0
			for i, x := range in {
				kernel.CopyChannels(s.Pool, dst, total, from, x, channels[i], 0, channels[i])
				from += channels[i]
			}
		},
		grad: func(_ G.Nodes, _, dy *G.Node) G.Nodes {
			grads, from := make(G.Nodes, len(channels)), 0
			for i, c := range channels {
				grads[i] = b.slice(dy, from, c)
				from += c
			}
			return grads
		},
	}, in...)
}

// slice keeps channels from..from+channels−1 of x: [N, H, W, C] → [N, H, W, channels].
func (b *builder) slice(x *G.Node, from, channels int) *G.Node {
	h, w, c := hwc(x)
	return b.apply(op{
		name: "slice",
		out:  b.shape(h, w, channels),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.CopyChannels(s.Pool, dst, channels, 0, in[0], c, from, channels)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			return G.Nodes{b.apply(op{
				name: "slice gradient",
				out:  in[0].Shape(),
				run: func(s *Session, dst []float32, in [][]float32) {
					clear(dst)
					kernel.CopyChannels(s.Pool, dst, c, from, in[0], channels, 0, channels)
				},
			}, dy)}
		},
	}, x)
}

// shuffle reads the C channels of a pixel as groups rows and writes them by columns, as ShuffleNet does. Its gradient
// is the shuffle with C/groups groups.
func (b *builder) shuffle(x *G.Node, groups int) *G.Node {
	_, _, c := hwc(x)
	permute := func(x *G.Node, groups int, grad gradient) *G.Node {
		return b.apply(op{
			name: "shuffle",
			out:  x.Shape(),
			run: func(s *Session, dst []float32, in [][]float32) {
				kernel.ShuffleChannels(s.Pool, dst, in[0], c, groups)
			},
			grad: grad,
		}, x)
	}
	return permute(x, groups, func(_ G.Nodes, _, dy *G.Node) G.Nodes {
		return G.Nodes{permute(dy, c/groups, nil)}
	})
}
