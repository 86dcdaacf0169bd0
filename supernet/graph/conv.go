package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// conv2d is a convolution [N, H, W, C] → [N, OH, OW, Out] with parameters weight and, if c has one, bias. It applies
// the normalisation that is left to do of x. It measures the statistics that norm needs, and leaves norm to its reader.
// A nil norm is none.
func (b *builder) conv2d(x value, c sdk.Conv2D, p []*Param, norm *batchNorm) value {
	h, w, in := hwc(x.Node)
	y := b.conv(x, p[0], norm, kernel.Conv{H: h, W: w, C: in, Out: c.Out,
		Kernel: c.Kernel, Stride: c.Stride, Pad: c.Pad, Dilation: c.Dilation, Groups: c.Groups})
	if c.Bias {
		y.Node = b.bias(y.Node, p[1])
	}
	return y
}

// conv1x1 is a pointwise convolution or a linear map, whose weights are [1, 1, C, Out].
func (b *builder) conv1x1(x *G.Node, weight *Param) *G.Node {
	one := [2]int{1, 1}
	h, w, in := hwc(x)
	return b.conv(value{Node: x}, weight, nil, kernel.Conv{H: h, W: w, C: in, Out: weight.engineShape()[3],
		Kernel: one, Stride: one, Dilation: one, Groups: 1}).Node
}

// convolution is one convolution with the normalisations before and behind it. A nil in reads values as they are. A nil
// out leaves nothing to the reader.
type convolution struct {
	*kernel.Convolution
	weight  *Param
	in, out *batchNorm

	expansion *kernel.Expansion // of the convolution before, if this one inlines it
}

// conv applies the normalisation that is left to do of x, and leaves norm to its reader. A nil norm is none. Weights
// are [KH, KW, C/Groups, Out].
func (b *builder) conv(x value, weight *Param, norm *batchNorm, c kernel.Conv) value {
	h, w := c.OutSize()
	k := &convolution{Convolution: kernel.NewConvolution(c), weight: weight, in: x.norm(), out: norm}
	y := b.apply(op{
		name:  k.kind(),
		out:   b.shape(h, w, c.Out),
		run:   k.forward,
		flops: func(s *Session, _ []float32) int { return k.flops(s) },
		grad:  func(in G.Nodes, y, dy *G.Node) G.Nodes { return b.convGradient(k, in, y, dy) },
		fused: fused{inline: k.inline(x.conv)},
	}, append(G.Nodes{x.Node, b.param(weight)}, b.normParams(k.in)...)...)
	if norm == nil {
		return value{Node: y}
	}
	return value{y, k}
}

// kind tells convolutions apart by what bounds their speed.
func (k *convolution) kind() string {
	switch {
	case k.Groups == k.C && k.C == k.Out:
		return "conv depthwise"
	case k.Kernel == [2]int{1, 1}:
		return "conv 1×1"
	}
	return "conv dense"
}

// flops are those of the forward pass, and of each of the two products of the backward pass. Padding counts.
func (k *convolution) flops(s *Session) int {
	h, w := k.OutSize()
	return 2 * s.Batch * h * w * k.weight.Size()
}

// forward reads x and the weights, in this order.
func (k *convolution) forward(s *Session, y []float32, in [][]float32) {
	k.Forward(s.Pool, y, in[0], in[1], s.Batch, k.in.left(s), k.out.settled(s), k.out.measured(s))
	k.out.learn(s, len(y))
}

// inline is the convolution together with the one before it, whose output only this one reads. It is nil if they are
// better apart, or if before is nil.
func (k *convolution) inline(before *convolution) *op {
	if before == nil || before.in != nil || !k.Inlines(before.Conv) {
		return nil
	}
	k.expansion = kernel.NewExpansion(before.C, before.Out)
	return &op{
		name:  k.kind(),
		run:   k.forwardInlined,
		flops: func(s *Session, _ []float32) int { return before.flops(s) + k.flops(s) },
	}
}

// forwardInlined reads the input of the convolution before, its weights, and the weights, in this order. What lies
// between is never stored. Its statistics follow from those of the input (kernel.Expansion).
func (k *convolution) forwardInlined(s *Session, y []float32, in [][]float32) {
	x, expand, pixels := in[0], in[1], s.Batch*k.H*k.W
	if s.Mode != Eval {
		k.expansion.Measure(s.Pool, x, expand, pixels, k.in.measured(s))
	}
	k.in.know(s)
	k.in.learn(s, pixels*k.C)
	k.ForwardThrough(s.Pool, y, x, expand, in[2], s.Batch, k.in.current(s), k.out.settled(s), k.out.measured(s))
	k.out.learn(s, len(y))
}

// convGradient computes all gradients in one operation, whose result is that of x. If x is yet to be normalised, the
// result is the gradient behind the normalisation. The convolution that has made x takes it back through the
// normalisation.
func (b *builder) convGradient(k *convolution, in G.Nodes, y, dy *G.Node) G.Nodes {
	reads := G.Nodes{in[0], in[1], dy}
	if k.out != nil {
		reads = append(reads, y)
	}
	dx := b.apply(op{
		name:  k.kind() + " gradient",
		out:   in[0].Shape(),
		run:   k.backward,
		flops: k.backwardFLOPs,
	}, reads...)
	grads := G.Nodes{dx, b.side(dx, k.weight, in[1])}
	if k.in != nil {
		grads = append(grads, b.side(dx, k.in.gamma, in[2]), b.side(dx, k.in.beta, in[3]))
	}
	return grads
}

// backward reads x, the weights and dy, in this order. With a normalisation behind the convolution it reads y too.
func (k *convolution) backward(s *Session, dx []float32, in [][]float32) {
	g := kernel.Gradients{DX: dx}
	if !s.Frozen {
		g.DW = k.weight.Grad
	}
	if k.in != nil {
		g.DGamma, g.DBeta = k.in.gamma.Grad, k.in.beta.Grad
	}
	var y []float32
	var out *kernel.Norm
	if k.out != nil {
		y, out = in[3], k.out.train.norm
	}
	k.Backward(s.Pool, g, in[0], in[1], y, in[2], s.Batch, k.in.trained(), out)
}

// backwardFLOPs counts the gradients that are wanted.
func (k *convolution) backwardFLOPs(s *Session, dx []float32) (n int) {
	if dx != nil {
		n += k.flops(s)
	}
	if !s.Frozen {
		n += k.flops(s)
	}
	return n
}

// side is the gradient of a parameter that node has computed beside its result. like has the parameter's shape.
func (b *builder) side(node *G.Node, p *Param, like *G.Node) *G.Node {
	return b.apply(op{
		name: "side",
		out:  like.Shape(),
		home: home{grad: p},
		run:  func(_ *Session, dst []float32, _ [][]float32) { copy(dst, p.Grad) },
	}, node)
}

// bias adds one number to each channel.
func (b *builder) bias(x *G.Node, p *Param) *G.Node {
	c := p.Size()
	return b.apply(op{
		name: "bias",
		out:  x.Shape(),
		home: over(0),
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.AddBias(s.Pool, dst, in[0], in[1], c)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			return G.Nodes{dy, b.apply(op{
				name: "bias gradient",
				out:  in[1].Shape(),
				run: func(s *Session, dst []float32, in [][]float32) {
					kernel.BiasBackward(s.Pool, dst, in[0], c)
				},
			}, dy)}
		},
	}, x, b.param(p))
}
