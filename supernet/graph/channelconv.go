package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// channelConv convolves the channels of [N, 1, 1, C] as a line of C pixels. p is the weight.
func (b *builder) channelConv(k sdk.ChannelConv, in G.Nodes, p []*Param) *G.Node {
	_, _, c := hwc(in[0])
	one := [2]int{1, 1}
	line := &convolution{weight: p[0], Convolution: kernel.NewConvolution(kernel.Conv{H: 1, W: c, C: 1, Out: 1,
		Kernel: [2]int{1, k.Kernel}, Stride: one, Pad: [2]int{0, k.Kernel / 2}, Dilation: one, Groups: 1})}
	return b.apply(op{
		name:  line.kind(),
		out:   in[0].Shape(),
		run:   line.forward,
		flops: func(s *Session, _ []float32) int { return line.flops(s) },
		grad:  func(in G.Nodes, y, dy *G.Node) G.Nodes { return b.convGradient(line, in, y, dy) },
	}, in[0], b.param(line.weight))
}
