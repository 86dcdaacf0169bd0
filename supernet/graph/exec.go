package graph

import (
	"errors"
	"slices"

	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
)

// exec is computed by the plugin that described it. A call may fail at any moment, so the failure stays in the session,
// and the results are zeros.
func (b *builder) exec(x *G.Node, e sdk.Exec, params []*Param) *G.Node {
	nodes := G.Nodes{x}
	for _, p := range params {
		nodes = append(nodes, b.param(p))
	}
	h, w, c := hwc(x)
	in := sdk.Shape{Height: h, Width: w, Channels: c}
	call := func(s *Session, x []float32, weights [][]float32) sdk.Call {
		return sdk.Call{Images: s.Batch, In: in, Out: e.Out, Args: e.Args, X: x, W: weights}
	}
	return b.apply(op{
		name: "exec",
		out:  b.shape(e.Out.Height, e.Out.Width, e.Out.Channels),
		run: func(s *Session, dst []float32, in [][]float32) {
			c := call(s, in[0], in[1:])
			c.Y = dst
			s.exec(e, c)
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			dx := b.apply(op{
				name: "exec gradient",
				out:  in[0].Shape(),
				run: func(s *Session, dst []float32, in [][]float32) {
					c := call(s, in[0], in[1:len(in)-1])
					c.Backward, c.DY, c.DX = true, in[len(in)-1], dst
					if dst == nil { // not wanted, but the kernel writes it
						c.DX = s.unwanted(len(c.X))
					}
					for _, p := range params {
						c.DW = append(c.DW, p.Grad)
					}
					s.exec(e, c)
				},
			}, append(append(G.Nodes{}, in...), dy)...)
			grads := G.Nodes{dx}
			for i, p := range params {
				grads = append(grads, b.side(dx, p, in[i+1]))
			}
			return grads
		},
	}, nodes...)
}

// unwanted is memory for n floats that are written and never read.
func (s *Session) unwanted(n int) []float32 {
	s.spare = slices.Grow(s.spare[:0], n)[:n]
	return s.spare
}

// exec computes a call. It sets the results to zero once a kernel of the session has failed.
func (s *Session) exec(e sdk.Exec, c sdk.Call) {
	if s.Err == nil {
		s.Err = errors.New("kernel " + e.Kernel + " has no plugin to run in")
		if e.Run != nil {
			s.Err = e.Run(c)
		}
	}
	if s.Err != nil {
		for _, v := range append([][]float32{c.Y, c.DX}, c.DW...) {
			clear(v)
		}
	}
}
