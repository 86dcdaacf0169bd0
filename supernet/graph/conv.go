package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// conv2d is a convolution [N, H, W, C] → [N, OH, OW, Out] with parameters weight and, if there is one, bias.
func (b *builder) conv2d(x *G.Node, c sdk.Conv2D, p []*Param) *G.Node {
	h, w, in := hwc(x)
	y := b.conv(x, p[0], kernel.Conv{H: h, W: w, C: in, Out: c.Out,
		Kernel: c.Kernel, Stride: c.Stride, Pad: c.Pad, Dilation: c.Dilation, Groups: c.Groups})
	if c.Bias {
		y = b.bias(y, p[1])
	}
	return y
}

// conv1x1 is a pointwise convolution or a linear map, whose weights are [1, 1, C, Out].
func (b *builder) conv1x1(x *G.Node, weight *Param) *G.Node {
	one := [2]int{1, 1}
	h, w, in := hwc(x)
	return b.conv(x, weight, kernel.Conv{H: h, W: w, C: in, Out: weight.engineShape()[3],
		Kernel: one, Stride: one, Dilation: one, Groups: 1})
}

func (b *builder) conv(x *G.Node, weight *Param, c kernel.Conv) *G.Node {
	h, w := c.OutSize()
	return b.apply(op{
		name: "conv",
		out:  b.shape(h, w, c.Out),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.ConvForward(s.Pool, dst, in[0], in[1], s.Batch, c)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes { return b.convGradient(in[0], in[1], dy, c) },
	}, x, b.param(weight))
}

// convGradient computes the weights' gradient first, so that dy dies where dx is made.
func (b *builder) convGradient(x, w, dy *G.Node, c kernel.Conv) G.Nodes {
	dw := b.apply(op{
		name: "conv-weights",
		out:  w.Shape(),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.ConvBackwardWeights(s.Pool, dst, in[0], in[1], s.Batch, c)
		},
	}, x, dy)
	dx := b.apply(op{
		name: "conv-data",
		out:  x.Shape(),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.ConvBackwardData(s.Pool, dst, in[0], in[1], s.Batch, c)
		},
	}, dy, w)
	return G.Nodes{dx, dw}
}

// bias adds one number to each channel.
func (b *builder) bias(x *G.Node, p *Param) *G.Node {
	c := p.Size()
	return b.apply(op{
		name:    "bias",
		out:     x.Shape(),
		inPlace: []int{0},
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.AddBias(s.Pool, dst, in[0], in[1], c)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			return G.Nodes{dy, b.apply(op{
				name: "bias-gradient",
				out:  in[1].Shape(),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.BiasBackward(s.Pool, dst, in[0], c)
				},
			}, dy)}
		},
	}, x, b.param(p))
}
