package graph

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// matmul multiplies the pixels of two values, in heads.
func (b *builder) matmul(k sdk.MatMul, in G.Nodes, _ []*Param) *G.Node {
	h, w, _ := hwc(in[0])
	v, u, c := hwc(in[1])
	m := matrices{b, kernel.MatMul{Rows: h * w, Cols: v * u, Heads: k.Heads, Width: c / k.Heads, Scale: k.Scale}}
	if k.Transposed {
		return m.multiply("scores", kernel.MatMul.Scores, b.shape(h, w, k.Heads*v*u),
			func(in G.Nodes, _, dy *G.Node) G.Nodes {
				return G.Nodes{m.multiply("scores gradient", kernel.MatMul.Weigh, in[0].Shape(), nil, dy, in[1]),
					m.multiply("scores gradient", kernel.MatMul.Gather, in[1].Shape(), nil, dy, in[0])}
			}, in...)
	}
	return m.multiply("matmul", kernel.MatMul.Weigh, b.shape(h, w, c), func(in G.Nodes, _, dy *G.Node) G.Nodes {
		return G.Nodes{m.multiply("matmul gradient", kernel.MatMul.Scores, in[0].Shape(), nil, dy, in[1]),
			m.multiply("matmul gradient", kernel.MatMul.Gather, in[1].Shape(), nil, in[0], dy)}
	}, in...)
}

// matrices multiplies in one geometry.
type matrices struct {
	*builder
	kernel.MatMul
}

// matrixProduct is a method of kernel.MatMul.
type matrixProduct func(m kernel.MatMul, p *kernel.Pool, dst, x, y []float32, n int)

func (m matrices) multiply(name string, f matrixProduct, out tensor.Shape, grad gradient, in ...*G.Node) *G.Node {
	return m.apply(op{
		name:  name,
		out:   out,
		run:   func(s *Session, dst []float32, in [][]float32) { f(m.MatMul, s.Pool, dst, in[0], in[1], s.Batch) },
		flops: func(s *Session, _ []float32) int { return 2 * s.Batch * m.Rows * m.Cols * m.Heads * m.Width },
		grad:  grad,
	}, in...)
}
