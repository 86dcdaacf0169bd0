package graph

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

// Param is one tensor of a block. Its Shape is PyTorch's: [out, in/groups, kh, kw] for convolutions, [out, in, k] for
// those over one dimension, [out, in] for linear maps. Value and Grad are in the engine's order, [kh, kw, in/groups,
// out].
type Param struct {
	sdk.Param
	Value []float32
	Grad  []float32 // overwritten by Backward; nil for running statistics
}

// newParam allocates a parameter. It starts at what its Init says, which is 0 for Kaiming: random initial values
// are for the owner of the block to draw.
func newParam(p sdk.Param) *Param {
	n := &Param{Param: p, Value: make([]float32, p.Size())}
	if p.Init.Trained() {
		n.Grad = make([]float32, p.Size())
	}
	for i := range n.Value {
		n.Value[i] = p.Init.Value()
	}
	return n
}

// engineShape is the shape in the engine's order, always of four dimensions: [1, 1, 1, C] for vectors.
func (p *Param) engineShape() [4]int {
	s := [4]int{1, 1, 1, 1}
	switch d := p.Shape; len(d) {
	case 1:
		s[3] = d[0]
	case 2:
		s[2], s[3] = d[1], d[0]
	case 3:
		s[1], s[2], s[3] = d[2], d[1], d[0]
	case 4:
		s = [4]int{d[2], d[3], d[1], d[0]}
	default:
		panic(fmt.Sprintf("graph: parameter %s of shape %v", p.Name, d))
	}
	return s
}

// Torch returns v, a tensor like the parameter in the engine's order, in PyTorch's.
func (p *Param) Torch(v []float32) []float32 {
	torch := make([]float32, len(v))
	p.transpose(func(engine, t int) { torch[t] = v[engine] })
	return torch
}

// SetTorch fills dst, a tensor like the parameter in the engine's order, from torch in PyTorch's. Other lengths panic.
func (p *Param) SetTorch(dst, torch []float32) {
	if len(dst) != p.Size() || len(torch) != p.Size() {
		panic(fmt.Sprintf("graph: parameter %s has %d elements, not %d and %d", p.Name, p.Size(), len(dst), len(torch)))
	}
	p.transpose(func(engine, t int) { dst[engine] = torch[t] })
}

// transpose pairs the positions [h, w, i, o] and [o, i, h, w] of every element.
func (p *Param) transpose(pair func(engine, torch int)) {
	s := p.engineShape()
	taps, in, out := s[0]*s[1], s[2], s[3]
	for tap := range taps {
		for i := range in {
			for o := range out {
				pair((tap*in+i)*out+o, (o*in+i)*taps+tap)
			}
		}
	}
}
