package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// transposedDepthwise is the gradient of a depthwise convolution from the larger image to the smaller one. p is the
// weight.
func (b *builder) transposedDepthwise(k sdk.TransposedDepthwise, in G.Nodes, p []*Param) *G.Node {
	h, w, c := hwc(in[0])
	out, err := k.Infer([]sdk.Shape{{Height: h, Width: w, Channels: c}})
	if err != nil {
		panic(err) // the IR has inferred it
	}
	conv := &convolution{weight: p[0], Convolution: kernel.NewConvolution(kernel.Conv{H: out.Height, W: out.Width,
		C: c, Out: c, Kernel: [2]int{k.Kernel, k.Kernel}, Stride: [2]int{k.Stride, k.Stride}, Pad: [2]int{k.Pad, k.Pad},
		Dilation: [2]int{1, 1}, Groups: c})}
	return b.apply(op{
		name: "conv transposed",
		out:  b.shape(out.Height, out.Width, c),
		run: func(s *Session, dst []float32, in [][]float32) {
			conv.Transposed(s.Pool, dst, in[0], in[1], s.Batch)
		},
		flops: func(s *Session, _ []float32) int { return conv.flops(s) },
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			dx := b.apply(op{
				name:  "conv transposed gradient",
				out:   in[0].Shape(),
				run:   conv.backwardTransposed,
				flops: conv.backwardFLOPs,
			}, in[0], in[1], dy)
			return G.Nodes{dx, b.side(dx, conv.weight, in[1])}
		},
	}, in[0], b.param(conv.weight))
}

// backwardTransposed reads x, the weights and dy, in this order.
func (k *convolution) backwardTransposed(s *Session, dx []float32, in [][]float32) {
	dw := k.weight.Grad
	if s.Frozen {
		dw = nil
	}
	k.TransposedBackward(s.Pool, dx, dw, in[0], in[1], in[2], s.Batch)
}
