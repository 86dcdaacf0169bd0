package graph

import (
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/supernet/kernel"
)

// place is where a value lies while a pass runs.
type place int

const (
	atX place = iota // the caller's slices
	atY
	atDY
	atDX
	atKept // the frame from forward to backward
	atTemp // the frame of this pass
	places
	atValue // a parameter and its gradient
	atGrad
	nowhere // the value is not wanted
)

// ref is the address of a value. Offset and size are in floats per image; parameters have neither.
type ref struct {
	place
	offset, size int
	param        *Param
}

// pass holds the slices of a running pass by place.
type pass [places][]float32

// slice is the memory at r in a pass over batch images. It is nil for a value that is not wanted.
func (r ref) slice(p *pass, batch int) []float32 {
	switch r.place {
	case atValue:
		return r.param.Value
	case atGrad:
		return r.param.Grad
	case nowhere:
		return nil
	}
	from, to := r.offset*batch, (r.offset+r.size)*batch
	return p[r.place][from:to:to]
}

// program is a list of kernel calls. It runs any batch size, since all addresses scale with it.
type program struct {
	calls      []call
	kept, temp int // floats per image of the two frames
}

type call struct {
	run   run
	kind  string
	flops flops
	dst   ref
	src   []ref
	in    [][]float32 // src resolved, valid during the call
}

// run executes the program and allocates nothing.
func (p *program) run(s *Session, at *pass) {
	for i := range p.calls {
		c := &p.calls[i]
		for j, r := range c.src {
			c.in[j] = r.slice(at, s.Batch)
		}
		dst := c.dst.slice(at, s.Batch)
		if s.Profile != nil {
			c.profiled(s, dst)
			continue
		}
		c.run(s, dst, c.in)
	}
}

// add appends a call of o's kernel. It does not hold on to o, which holds the graph.
func (p *program) add(o *op, dst ref, src ...ref) {
	p.calls = append(p.calls, call{o.run, o.name, o.flops, dst, src, make([][]float32, len(src))})
}

// move copies a value.
var move = &op{name: "copy", run: func(_ *Session, dst []float32, in [][]float32) { copy(dst, in[0]) }}

// kernelOf returns the operation of a node, or nil for an input. Where a value has several readers, Backpropagate adds
// their gradients with gorgonia's own Add. It becomes one of ours.
func kernelOf(n *G.Node) *op {
	if n.Op() == nil {
		return nil
	}
	if o, ours := n.Op().(*op); ours {
		return o
	}
	if sum, ok := n.Op().(G.BinaryOp); ok && strings.HasPrefix(sum.String(), "+ ") {
		return &op{name: "sum", out: n.Shape(), home: over(0, 1), run: addTwo}
	}
	panic(fmt.Sprintf("graph: gorgonia inserted %v, which has no kernel here", n.Op()))
}

func addTwo(s *Session, dst []float32, in [][]float32) { kernel.Add(s.Pool, dst, in[0], in[1]) }
