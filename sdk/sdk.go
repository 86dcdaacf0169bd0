// Package sdk is what the author of an operator imports. An operation builds, for one layer of a network, a small graph
// of typed primitives.
//
// Shapes, parameters and multiply-accumulates follow from the graph. Nothing is declared twice. The exception is
// [Exec], about which the graph can infer nothing. Package sdk/serve turns operations into a plugin.
//
// Activations are float32 in NHWC order, [N, H, W, C]. A graph describes one image: N does not occur in it. Pairs of
// numbers are vertical, then horizontal.
package sdk

import (
	"errors"
	"fmt"
	"strings"
)

// Op is a family of candidate operations, such as "mbconv", with the attributes that tell its members apart. An Op is a
// value without state: copies are equal, and its functions may be called from several goroutines at once.
type Op struct {
	Name  string // the field's name of the family: lower case, digits and dashes
	Doc   string // one sentence for `nse ops list`
	Attrs []Attr // in the order in which they appear in the names of members

	// Build draws the operation for one layer: it starts at g.Input() and returns the output, of shape l.Output(). The
	// attributes are complete. Build returns an error in one line if they make no sense. Invalid shapes need no check,
	// the graph finds them. Equal arguments must give equal graphs.
	Build func(g *Graph, l Layer, a Attrs) (Tensor, error)

	Kernels []Kernel // of Exec primitives; most families have none
}

// Graph builds the member of the family that attributes a name, for layer l, and checks it: every shape is consistent
// and the output is l's. Attributes are checked first and completed with their defaults. Nil attributes mean all
// defaults. The graph's Exec primitives run the family's kernels in this process. An error names the member and the
// layer. A panic in Build is not caught.
func (op Op) Graph(l Layer, a Attrs) (*Graph, error) {
	a, err := op.Complete(a)
	if err != nil {
		return nil, err
	}
	if err := l.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", op.Member(a), err)
	}
	g := NewGraph(l.Input())
	y, err := op.Build(g, l, a)
	if err == nil {
		err = g.Finish(y, l.Output())
	}
	if err == nil {
		err = op.bind(g)
	}
	if err != nil {
		return nil, fmt.Errorf("%s at %s: %w", op.Member(a), l, err)
	}
	return g, nil
}

// Activation names an elementwise non-linearity.
type Activation int

// The activations, in the numbering of the wire format.
const (
	ReLU        Activation = iota // max(x, 0)
	Swish                         // x·sigmoid(x), also called SiLU
	HSwish                        // x·min(max(x+3, 0), 6)/6
	Sigmoid                       // 1/(1+exp(−x))
	GELU                          // x·Φ(x), with the normal distribution Φ
	GELUTanh                      // x·(1+tanh(√(2/π)·(x+0.044715·x³)))/2, which approximates GELU
	ReLU6                         // min(max(x, 0), 6)
	HardSigmoid                   // min(max(x+3, 0), 6)/6
)

var activationNames = [...]string{"relu", "swish", "hswish", "sigmoid", "gelu", "gelu_tanh", "relu6", "hard_sigmoid"}

// String returns the activation's name as it stands in configuration files. It is "Activation(N)" for a number that is
// none of them.
func (a Activation) String() string {
	if a < 0 || int(a) >= len(activationNames) {
		return fmt.Sprintf("Activation(%d)", int(a))
	}
	return activationNames[a]
}

// UnmarshalText reads an activation by its lower-case name. An unknown name is an error, and leaves a as it was.
func (a *Activation) UnmarshalText(text []byte) error {
	for i, name := range activationNames {
		if string(text) == name {
			*a = Activation(i)
			return nil
		}
	}
	last := len(activationNames) - 1
	return fmt.Errorf("unknown activation %q: want %s or %s", text, strings.Join(activationNames[:last], ", "),
		activationNames[last])
}

// MarshalText writes the activation's name. It returns no error.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Layer is the place in a network that an operation is built for. Every field but Index counts for the graph, and equal
// layers give equal graphs.
type Layer struct {
	Index         int        // position among the searched layers, from 0
	In, Out       int        // channels
	Stride        int        // of the whole layer, in both directions
	Height, Width int        // of the input, in pixels
	Activation    Activation // the network's non-linearity
	SqueezeExcite bool       // whether operations should add squeeze-and-excite
}

// Normal reports whether the layer keeps channels and resolution, so that it has an identity path (A.3).
func (l Layer) Normal() bool { return l.In == l.Out && l.Stride == 1 }

// Input is the shape [Height, Width, In] of one image's activations entering the layer.
func (l Layer) Input() Shape { return Shape{l.Height, l.Width, l.In} }

// Output is the shape that every operation of the layer must produce. Height and width are the input's divided by the
// stride, rounded up. The layer must be valid.
func (l Layer) Output() Shape {
	return Shape{(l.Height-1)/l.Stride + 1, (l.Width-1)/l.Stride + 1, l.Out}
}

// String describes the layer for messages, such as "layer 3 (16→24, stride 2, 32×32)".
func (l Layer) String() string {
	return fmt.Sprintf("layer %d (%d→%d, stride %d, %d×%d)", l.Index, l.In, l.Out, l.Stride, l.Height, l.Width)
}

// Validate refuses layers without a shape or larger than any network's. Channels and sides are 1 to 65536, and the
// stride is 1 to 8.
func (l Layer) Validate() error {
	switch {
	case l.In < 1 || l.Out < 1 || l.In > maxSide || l.Out > maxSide:
		return fmt.Errorf("layer %d: channels %d→%d are not in 1..%d", l.Index, l.In, l.Out, maxSide)
	case l.Height < 1 || l.Width < 1 || l.Height > maxSide || l.Width > maxSide:
		return fmt.Errorf("layer %d: size %d×%d is not in 1..%d", l.Index, l.Height, l.Width, maxSide)
	case l.Stride < 1 || l.Stride > 8:
		return fmt.Errorf("layer %d: stride %d is not in 1..8", l.Index, l.Stride)
	case l.Activation < 0 || int(l.Activation) >= len(activationNames):
		return fmt.Errorf("layer %d: unknown activation %v", l.Index, l.Activation)
	}
	return nil
}

// Limits that keep a graph from outside within what can be multiplied without overflow.
const (
	maxSide  = 1 << 16
	maxNodes = 4096
	maxSize  = 1 << 30 // elements of one activation or parameter
	maxMACs  = 1 << 50 // of one node
)

// affordable refuses nodes whose parameters or work are beyond any network's, so that counts cannot overflow.
func affordable(p Primitive, in []Shape) error {
	for _, t := range p.Params(in) {
		if t.Size() > maxSize {
			return fmt.Errorf("%s %v is too large", t.Name, t.Shape)
		}
	}
	if p.MACs(in) > maxMACs {
		return fmt.Errorf("%d multiply-accumulates are too many", p.MACs(in))
	}
	return nil
}

// Shape is the shape [Height, Width, Channels] of one image's activations. Shapes are compared with ==.
type Shape struct{ Height, Width, Channels int }

// String is HEIGHT×WIDTH×CHANNELS.
func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.Height, s.Width, s.Channels) }

// Size is the number of elements of one image. Within a graph it is at most 2³⁰.
func (s Shape) Size() int { return s.Height * s.Width * s.Channels }

func (s Shape) validate() error {
	if min(s.Height, s.Width, s.Channels) < 1 {
		return errors.New("output " + s.String() + " is empty")
	}
	if max(s.Height, s.Width, s.Channels) > maxSide || s.Size() > maxSize {
		return errors.New("output " + s.String() + " is too large")
	}
	return nil
}
