package catalog

import (
	"math"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
)

// form describes a graph by its windows: convolutions and poolings over more than one pixel. Global pooling, and what a
// plugin computes itself, count as one pixel.
func form(g *sdk.Graph) evolve.Form {
	f, fields := evolve.Form{}, fieldsOf(g)
	for i, n := range g.Nodes {
		if windowOf(n.Primitive).kernel != (pair{1, 1}) {
			channels := g.InputShapes(i)[0].Channels
			f.Width = max(f.Width, float64(channels)/float64(g.In.Channels))
		}
	}
	end := last(fields, g)
	f.Window = end.size.mean()
	f.Dilation = f.Window / end.dense.mean()
	return f
}

// fieldsOf are the receptive fields of a graph's nodes.
func fieldsOf(g *sdk.Graph) []field {
	fields := make([]field, len(g.Nodes))
	for i, n := range g.Nodes {
		fields[i] = point
		for _, in := range n.Inputs {
			if in != sdk.InputNode {
				fields[i] = fields[i].join(fields[in])
			}
		}
		fields[i] = fields[i].through(windowOf(n.Primitive))
	}
	return fields
}

// last is the receptive field of a graph's output.
func last(fields []field, g *sdk.Graph) field {
	if g.Output == sdk.InputNode {
		return point
	}
	return fields[g.Output]
}

// pair is a vertical and a horizontal length.
type pair [2]int

// mean is the geometric mean.
func (p pair) mean() float64 { return math.Sqrt(float64(p[0]) * float64(p[1])) }

// window is what a primitive reads for one pixel.
type window struct{ kernel, stride, dilation pair }

// windowOf is the window of a primitive: one pixel for all but convolutions and poolings.
func windowOf(p sdk.Primitive) window {
	one := pair{1, 1}
	switch p := p.(type) {
	case sdk.Conv2D:
		return window{p.Kernel, p.Stride, p.Dilation}
	case sdk.MaxPool:
		return window{p.Kernel, p.Stride, one}
	case sdk.AvgPool:
		return window{p.Kernel, p.Stride, one}
	}
	return window{one, one, one}
}

// field is the receptive field of a node in pixels of the graph's input.
type field struct {
	size  pair
	dense pair // without dilation
	step  pair // from a pixel of the node to the next
}

// point is the receptive field of the input itself.
var point = field{pair{1, 1}, pair{1, 1}, pair{1, 1}}

// join is the field of a node that reads both.
func (f field) join(other field) field {
	for side := range f.size {
		f.size[side] = max(f.size[side], other.size[side])
		f.dense[side] = max(f.dense[side], other.dense[side])
		f.step[side] = max(f.step[side], other.step[side])
	}
	return f
}

// through is the field of a node that reads f by a window.
func (f field) through(w window) field {
	for side := range f.size {
		grown := (w.kernel[side] - 1) * f.step[side]
		f.size[side] += grown * w.dilation[side]
		f.dense[side] += grown
		f.step[side] *= w.stride[side]
	}
	return f
}

// Receptive is the receptive field of a graph's output in pixels of its input, vertically and horizontally. What reads
// the whole image, or a plugin computes itself, counts as one pixel.
func Receptive(g *sdk.Graph) [2]int { return last(fieldsOf(g), g).size }
