package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// maxPool takes the greatest value of each window: [N, H, W, C] → [N, OH, OW, C].
func (b *builder) maxPool(x *G.Node, k sdk.MaxPool) *G.Node {
	w, h, v := window(x, k.Kernel, k.Stride, k.Pad)
	return b.apply(op{
		name: "max-pool",
		out:  b.shape(h, v, w.C),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.MaxPoolForward(s.Pool, dst, in[0], s.Batch, w)
		},
		grad: func(in G.Nodes, out, dy *G.Node) G.Nodes {
			return G.Nodes{b.apply(op{
				name: "max-pool gradient",
				out:  in[0].Shape(),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.MaxPoolBackward(s.Pool, dst, in[0], in[1], in[2], s.Batch, w)
				},
			}, in[0], out, dy)}
		},
	}, x)
}

// avgPool takes the mean of each window without its padding: [N, H, W, C] → [N, OH, OW, C].
func (b *builder) avgPool(x *G.Node, k sdk.AvgPool) *G.Node {
	w, h, v := window(x, k.Kernel, k.Stride, k.Pad)
	return b.apply(op{
		name: "avg-pool",
		out:  b.shape(h, v, w.C),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.AvgPoolForward(s.Pool, dst, in[0], s.Batch, w)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			return G.Nodes{b.apply(op{
				name: "avg-pool gradient",
				out:  in[0].Shape(),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.AvgPoolBackward(s.Pool, dst, in[0], s.Batch, w)
				},
			}, dy)}
		},
	}, x)
}

// window is the geometry of a pooling and the height and width of its output.
func window(x *G.Node, size, stride, pad [2]int) (w kernel.Window, height, width int) {
	h, v, c := hwc(x)
	height, width = kernel.Conv{H: h, W: v, C: c, Out: c, Kernel: size, Stride: stride, Pad: pad,
		Dilation: [2]int{1, 1}, Groups: c}.OutSize()
	return kernel.Window{H: h, W: v, C: c, Kernel: size, Stride: stride, Pad: pad}, height, width
}

// globalAvgPool is the mean over the image: [N, H, W, C] → [N, 1, 1, C].
func (b *builder) globalAvgPool(x *G.Node) *G.Node {
	h, w, c := hwc(x)
	return b.apply(op{
		name: "global-pool",
		out:  b.shape(1, 1, c),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.GlobalAvgPoolForward(s.Pool, dst, in[0], s.Batch, h*w, c)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			return G.Nodes{b.apply(op{
				name: "global-pool gradient",
				out:  in[0].Shape(),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.GlobalAvgPoolBackward(s.Pool, dst, in[0], s.Batch, h*w, c)
				},
			}, dy)}
		},
	}, x)
}

// squeezeExcite is built from the other operations: pool, fc1, activation, fc2, sigmoid, scale. p are the weights and
// biases of fc1 and fc2.
func (b *builder) squeezeExcite(x *G.Node, k sdk.SqueezeExcite, p []*Param) *G.Node {
	hidden := b.activate(b.bias(b.conv1x1(b.globalAvgPool(x), p[0]), p[1]), kernel.Activation(k.Activation))
	gate := b.activate(b.bias(b.conv1x1(hidden, p[2]), p[3]), kernel.Sigmoid)
	return b.scaleChannels(x, gate)
}

// scaleChannels multiplies every pixel of x [N, H, W, C] by gate [N, 1, 1, C].
func (b *builder) scaleChannels(x, gate *G.Node) *G.Node {
	h, w, c := hwc(x)
	return b.apply(op{
		name: "scale",
		out:  x.Shape(),
		home: over(0),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.ScaleChannels(s.Pool, dst, in[0], in[1], s.Batch, h*w, c)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes { return b.scaleGradient(in[0], in[1], dy) },
	}, x, gate)
}

// scaleGradient computes both gradients in one operation. Its output is dx and, behind it, dgate. Two views tell them
// apart.
func (b *builder) scaleGradient(x, gate, dy *G.Node) G.Nodes {
	h, w, c := hwc(x)
	size := h * w * c
	both := b.apply(op{
		name: "scale gradient",
		out:  b.shape(1, 1, size+c),
		run: func(s *Session, dst []float32, in [][]float32) {
			cut := s.Batch * size
			kernel.ScaleChannelsBackward(s.Pool, dst[:cut], dst[cut:], in[0], in[1], in[2], s.Batch, h*w, c)
		},
	}, x, gate, dy)
	part := func(name string, like *G.Node, v view) *G.Node {
		return b.apply(op{
			name: name,
			out:  like.Shape(),
			home: home{part: &v},
			run: func(s *Session, dst []float32, in [][]float32) {
				copy(dst, in[0][s.Batch*v.from:s.Batch*(v.from+v.size)])
			},
		}, both)
	}
	return G.Nodes{part("scale-input", x, view{from: 0, size: size}),
		part("scale-gate", gate, view{from: size, size: c})}
}
