// Package reparam merges parallel linear branches of a trained network into one convolution, as RepVGG does (Ding et
// al., "RepVGG: Making VGG-style ConvNets Great Again", 2021).
package reparam

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/sdk"
)

// Network merges each graph of a network. blocks yields them with the prefix of their tensors in w, which has no
// others. The graphs come back in the same order, with the weights of all of them.
func Network(blocks iter.Seq2[string, *sdk.Graph], w *safetensors.File) ([]*sdk.Graph, *safetensors.File, error) {
	var graphs []*sdk.Graph
	weights, needed := new(safetensors.File), 0
	for prefix, g := range blocks {
		merged, tensors, err := Merge(g, prefix, w)
		if err != nil {
			return nil, nil, err
		}
		needed += len(g.Params())
		graphs, weights.Tensors = append(graphs, merged), append(weights.Tensors, tensors...)
	}
	if n := len(w.Tensors); n != needed {
		return nil, nil, fmt.Errorf("%d tensors belong to no operation of the network", n-needed)
	}
	return graphs, weights, nil
}

// Merge returns a graph that computes in inference what g does, and its tensors in the order of its parameters. Their
// names and those of g's in w begin with prefix. g itself is returned where nothing merges.
//
// A sum is replaced by one convolution with bias, of the sum's name, if each summand is a convolution of the same
// tensor, that tensor itself, or a batch normalisation of either. Sums may be nested and normalised. Strides must be
// equal. Kernels are padded and dilated into one window, and groups joined, where that takes no more MACs than the
// branches did. The error names a tensor that w does not have in the shape that g needs.
func Merge(g *sdk.Graph, prefix string, w *safetensors.File) (*sdk.Graph, []safetensors.Tensor, error) {
	m := merger{g: g, readers: make([]int, len(g.Nodes)), values: map[string][]float32{},
		merged: sdk.NewGraph(g.In), done: map[int]sdk.Tensor{}}
	for _, p := range g.Params() {
		v, err := read(w, prefix+p.Name, p.Shape)
		if err != nil {
			return nil, nil, err
		}
		m.values[p.Name] = v
	}
	for _, n := range g.Nodes {
		for _, from := range n.Inputs {
			if from != sdk.InputNode {
				m.readers[from]++
			}
		}
	}
	y := m.build(g.Output)
	if err := m.merged.Finish(y, y.Shape()); err != nil {
		return nil, nil, err
	}
	if !m.changed {
		m.merged = g
	}
	var tensors []safetensors.Tensor
	for _, p := range m.merged.Params() {
		tensors = append(tensors, safetensors.NewFloat32(prefix+p.Name, p.Shape, m.values[p.Name]))
	}
	return m.merged, tensors, nil
}

func read(w *safetensors.File, name string, shape []int) ([]float32, error) {
	t, found := w.Tensor(name)
	if !found {
		return nil, fmt.Errorf("no tensor %q", name)
	}
	if !slices.Equal(t.Shape, shape) {
		return nil, fmt.Errorf("tensor %q has shape %v, want %v", name, t.Shape, shape)
	}
	return t.Float32s()
}

// merger builds a graph anew.
type merger struct {
	g       *sdk.Graph
	readers []int                // by node of g
	values  map[string][]float32 // of the parameters of g and of what merged
	merged  *sdk.Graph
	done    map[int]sdk.Tensor // values of merged by node of g
	changed bool
}

// build appends node i to the merged graph, after all that it reads.
func (m *merger) build(i int) sdk.Tensor {
	if i == sdk.InputNode {
		return m.merged.Input()
	}
	if y, ok := m.done[i]; ok {
		return y
	}
	n := m.g.Nodes[i]
	var y sdk.Tensor
	if s, ok := m.sum(i); ok && s.added && m.fits(i, s) {
		c := s.window()
		m.values[n.Name+".weight"], m.values[n.Name+".bias"] = s.weights(c, m.shape(s.source).Channels)
		y = m.merged.Add(c, m.build(s.source))
		m.changed = true
	} else {
		in := make([]sdk.Tensor, len(n.Inputs))
		for j, from := range n.Inputs {
			in[j] = m.build(from)
		}
		y = m.merged.Add(n.Primitive, in...)
	}
	y = y.Named(n.Name)
	m.done[i] = y
	return y
}

func (m *merger) shape(i int) sdk.Shape {
	if i == sdk.InputNode {
		return m.g.In
	}
	return m.g.Nodes[i].Shape
}

// sum is a sum of convolutions of one tensor, plus a bias.
type sum struct {
	source int // node of that tensor
	terms  []term
	bias   []float64 // by output channel
	added  bool      // there is a sum in it
}

// term is a convolution whose output channels are scaled by gain.
type term struct {
	sdk.Conv2D
	weight []float32
	gain   []float64
	macs   int64
}

// sum is the value of node i as one. ok is false if it is none.
func (m *merger) sum(i int) (s sum, ok bool) {
	n := m.g.Nodes[i]
	switch p := n.Primitive.(type) {
	case sdk.Conv2D:
		t := term{p, m.values[n.Name+".weight"], slices.Repeat([]float64{1}, p.Out), p.MACs(m.g.InputShapes(i))}
		s = sum{source: n.Inputs[0], terms: []term{t}, bias: make([]float64, p.Out)}
		for out, b := range m.values[n.Name+".bias"] {
			s.bias[out] = float64(b)
		}
	case sdk.BatchNorm:
		s = m.summand(n.Inputs[0])
		m.normalise(s, n.Name, p)
	case sdk.Add:
		s = m.summand(n.Inputs[0])
		for _, from := range n.Inputs[1:] {
			other := m.summand(from)
			if other.source != s.source {
				return sum{}, false
			}
			s.terms = append(s.terms, other.terms...)
			for c, b := range other.bias {
				s.bias[c] += b
			}
		}
		s.added = true
	default:
		return sum{}, false
	}
	return s, true
}

// summand is the sum that node i is, if only one node reads it, and the identity of its value otherwise.
func (m *merger) summand(i int) sum {
	if i != sdk.InputNode && m.readers[i] == 1 && i != m.g.Output {
		if s, ok := m.sum(i); ok {
			return s
		}
	}
	c := m.shape(i).Channels
	one := [2]int{1, 1}
	t := term{Conv2D: sdk.Conv2D{Out: c, Kernel: one, Stride: one, Dilation: one, Groups: c},
		weight: slices.Repeat([]float32{1}, c), gain: slices.Repeat([]float64{1}, c)}
	return sum{source: i, terms: []term{t}, bias: make([]float64, c)}
}

// normalise applies (x − mean)/√(variance + eps)·weight + bias to s.
func (m *merger) normalise(s sum, name string, p sdk.BatchNorm) {
	of := func(c int, tensor string) float64 { return float64(m.values[name+"."+tensor][c]) }
	for c := range s.bias {
		scale := of(c, "weight") / math.Sqrt(of(c, "running_var")+float64(p.Eps))
		for _, t := range s.terms {
			t.gain[c] *= scale
		}
		s.bias[c] = (s.bias[c]-of(c, "running_mean"))*scale + of(c, "bias")
	}
}

// fits reports whether one convolution gives the shape of node i at no more MACs than the terms of s take.
func (m *merger) fits(i int, s sum) bool {
	in := []sdk.Shape{m.shape(s.source)}
	var macs int64
	for _, t := range s.terms {
		if macs += t.macs; t.Stride != s.terms[0].Stride {
			return false
		}
	}
	c := s.window()
	out, err := c.Infer(in)
	return err == nil && out == m.g.Nodes[i].Shape && c.MACs(in) <= macs
}

// window is the smallest convolution that has the taps of all terms.
func (s sum) window() sdk.Conv2D {
	c := s.terms[0].Conv2D
	c.Bias = true
	for _, t := range s.terms {
		c.Groups = gcd(c.Groups, t.Groups)
	}
	for axis := range c.Kernel {
		low, high, step := 0, 0, 0 // rows or columns from the one that the output lies over
		for k, t := range s.terms {
			first := -t.Pad[axis]
			last := first + t.Dilation[axis]*(t.Kernel[axis]-1)
			if k == 0 {
				low, high = first, last
			}
			low, high = min(low, first), max(high, last)
		}
		for _, t := range s.terms {
			step = gcd(step, -t.Pad[axis]-low)
			if t.Kernel[axis] > 1 {
				step = gcd(step, t.Dilation[axis])
			}
		}
		step = max(step, 1)
		c.Kernel[axis], c.Pad[axis], c.Dilation[axis] = (high-low)/step+1, -low, step
	}
	return c
}

// weights are those of the convolution c, which is s.window(), on channels channels.
func (s sum) weights(c sdk.Conv2D, channels int) (weight, bias []float32) {
	wide := channels / c.Groups
	total := make([]float64, c.Out*wide*c.Kernel[0]*c.Kernel[1])
	for _, t := range s.terms {
		at := 0
		for out := range c.Out {
			narrow := channels / t.Groups
			// from is the first channel that the term reads, among those that c reads.
			from := out/(c.Out/t.Groups)*narrow - out/(c.Out/c.Groups)*wide
			for in := range narrow {
				for y := range t.Kernel[0] {
					row := (t.Dilation[0]*y - t.Pad[0] + c.Pad[0]) / c.Dilation[0]
					for x := range t.Kernel[1] {
						column := (t.Dilation[1]*x - t.Pad[1] + c.Pad[1]) / c.Dilation[1]
						tap := ((out*wide+from+in)*c.Kernel[0]+row)*c.Kernel[1] + column
						total[tap] += float64(t.weight[at]) * t.gain[out]
						at++
					}
				}
			}
		}
	}
	return narrowed(total), narrowed(s.bias)
}

func narrowed(v []float64) []float32 {
	w := make([]float32, len(v))
	for i := range v {
		w[i] = float32(v[i])
	}
	return w
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
