package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// pixelShuffle makes pixels of channels: [N, H, W, C] → [N, H·Factor, W·Factor, C/Factor²].
func (b *builder) pixelShuffle(k sdk.PixelShuffle, in G.Nodes, _ []*Param) *G.Node {
	_, w, c := hwc(in[0])
	s := kernel.PixelShuffle{W: w, C: c / k.Factor / k.Factor, Factor: k.Factor}
	return b.enlarge(s, in[0], func(_ G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{b.reduce(s, dy, nil)} })
}

// pixelUnshuffle makes channels of pixels: [N, H, W, C] → [N, H/Factor, W/Factor, C·Factor²].
func (b *builder) pixelUnshuffle(k sdk.PixelUnshuffle, in G.Nodes, _ []*Param) *G.Node {
	_, w, c := hwc(in[0])
	s := kernel.PixelShuffle{W: w / k.Factor, C: c, Factor: k.Factor}
	return b.reduce(s, in[0], func(_ G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{b.enlarge(s, dy, nil)} })
}

func (b *builder) enlarge(k kernel.PixelShuffle, x *G.Node, grad gradient) *G.Node {
	h, w, _ := hwc(x)
	return b.apply(op{
		name: "pixel-shuffle",
		out:  b.shape(h*k.Factor, w*k.Factor, k.C),
		run:  func(s *Session, dst []float32, in [][]float32) { k.Forward(s.Pool, dst, in[0]) },
		grad: grad,
	}, x)
}

func (b *builder) reduce(k kernel.PixelShuffle, x *G.Node, grad gradient) *G.Node {
	h, _, _ := hwc(x)
	return b.apply(op{
		name: "pixel-unshuffle",
		out:  b.shape(h/k.Factor, k.W, k.C*k.Factor*k.Factor),
		run:  func(s *Session, dst []float32, in [][]float32) { k.Backward(s.Pool, dst, in[0]) },
		grad: grad,
	}, x)
}
