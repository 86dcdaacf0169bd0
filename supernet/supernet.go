// Package supernet is the engine of a search: a weight-sharing network over a macro-architecture, its training and
// fitness steps, BN recalibration and scoring. Engine implements evolve.Engine.
package supernet

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/layers"
	"github.com/nse-dev/nse/supernet/data"
)

// Macro is a macro-architecture: what surrounds the searched layers, and where they change channels and resolution.
// The image size, its channels and the number of classes come from the data.
type Macro struct {
	// Name names a built-in macro-architecture to start from: small, flops (the paper's Table 5) or latency (Table 6).
	Name string `toml:"name" json:"name"`
	// StemStride is the stride of the convolution that the network starts with.
	StemStride int `toml:"stem_stride" json:"stem_stride"`
	// StemKernel is the side of that convolution's kernel, an odd number. 0 is 3.
	StemKernel int `toml:"stem_kernel" json:"stem_kernel,omitempty"`
	// StemPool is the side of the max pooling of stride 2 behind that convolution, an odd number. 0 is no pooling.
	StemPool int `toml:"stem_pool" json:"stem_pool,omitempty"`
	// Channels are the stem's, then one count for each R and E of layers.
	Channels []int `toml:"channels" json:"channels"`
	// Layers are N (normal), R (stride 2 to the next channel count) and E (stride 1 to the next channel count). Blanks
	// are ignored.
	Layers string `toml:"layers" json:"layers"`
	// Join is how a layer's branches become its output: mean (with the input, in a normal layer), sum (without it) or
	// residual (their mean, plus the input). One name is for all layers. Several with blanks between them are one for
	// each. Empty is mean.
	Join string `toml:"join" json:"join,omitempty"`
	// Head is the number of channels of the 1×1 convolution before global average pooling. 0 is no convolution.
	Head int `toml:"head" json:"head"`
	// Activation is relu, swish, hswish, sigmoid, gelu, gelu_tanh, relu6 or hard_sigmoid.
	Activation sdk.Activation `toml:"activation" json:"activation"`
	// SqueezeExcite says whether operations add squeeze-and-excite.
	SqueezeExcite bool `toml:"squeeze_excite" json:"squeeze_excite"`
}

// heads are the channels of the heads of the built-in macro-architectures.
var heads = map[string]int{"small": 128, "flops": 1024, "latency": 1024}

// Built returns the built-in macro-architecture of that name. The caller may change it. The error lists the names.
func Built(name string) (Macro, error) {
	var names []string
	for _, n := range layers.Networks() {
		if n.Name == name {
			return Macro{Name: n.Name, StemStride: n.StemStride, Channels: n.Channels, Layers: n.Letters,
				Head: heads[name]}, nil
		}
		names = append(names, n.Name)
	}
	return Macro{}, fmt.Errorf("no macro-architecture %q: the built-in ones are %s", name, strings.Join(names, ", "))
}

// Validate checks that the letters and the channel counts fit each other. Its errors are *setting.Error.
func (m Macro) Validate() error {
	changes := 0
	for _, letter := range m.letters() {
		switch letter {
		case 'R', 'E':
			changes++
		case 'N':
		default:
			return setting.Errorf("layers", m.Layers, "%q is none of N, R and E", letter)
		}
	}
	switch {
	case len(m.letters()) == 0:
		return setting.Errorf("layers", "", "want letters N, R and E")
	case len(m.Channels) != changes+1:
		return setting.Errorf("channels", m.Channels, "want %d counts, for the stem and each R and E of layers",
			changes+1)
	case m.StemStride < 1 || m.StemStride > 8:
		return setting.Errorf("stem_stride", m.StemStride, "want 1 to 8")
	case m.StemKernel != 0 && !oddSide(m.StemKernel):
		return setting.Errorf("stem_kernel", m.StemKernel, "want an odd number of 1 to %d, or 0 (3)", maxSide)
	case m.StemPool != 0 && !oddSide(m.StemPool):
		return setting.Errorf("stem_pool", m.StemPool, "want an odd number of 1 to %d, or 0 (no pooling)", maxSide)
	case m.Head < 0:
		return setting.Errorf("head", m.Head, "want 1 or more, or 0 (no convolution)")
	case m.Activation < sdk.ReLU || m.Activation > sdk.HardSigmoid:
		return setting.Errorf("activation", m.Activation,
			"want relu, swish, hswish, sigmoid, gelu, gelu_tanh, relu6 or hard_sigmoid")
	}
	for i, c := range m.Channels {
		if c < 1 {
			return setting.Errorf("channels", m.Channels, "%d is not positive", c)
		}
		if i > 0 && m.keeps(i) {
			return setting.Errorf("channels", m.Channels,
				"the layer E from %d to %d channels changes nothing: make it N", c, c)
		}
	}
	_, err := m.joins()
	return err
}

// maxSide is the greatest side of a kernel in the stem.
const maxSide = 15

func oddSide(n int) bool { return n%2 == 1 && n > 0 && n <= maxSide }

func (m Macro) stemKernel() int { return cmp.Or(m.StemKernel, 3) }

// keeps reports whether change i of channels is an E between equal counts, which would be a normal layer.
func (m Macro) keeps(i int) bool {
	change := strings.ReplaceAll(m.letters(), "N", "")[i-1]
	return change == 'E' && m.Channels[i] == m.Channels[i-1]
}

func (m Macro) letters() string { return strings.Join(strings.Fields(m.Layers), "") }

// Input is what a network is built for: images [Height, Width, Channels] of so many classes.
type Input struct {
	Height, Width, Channels, Classes int
}

// InputOf is the input of networks for a data set.
func InputOf(set *data.Set) Input {
	height, width := set.Input()
	return Input{Height: height, Width: width, Channels: set.Channels, Classes: len(set.Classes)}
}

// Shape is the shape of one image.
func (i Input) Shape() sdk.Shape {
	return sdk.Shape{Height: i.Height, Width: i.Width, Channels: i.Channels}
}

// Skeleton is a macro-architecture for one kind of image: the fixed parts as graphs, and the places of operations
// between them. The output of each part has the shape of the next part's input.
type Skeleton struct {
	Stem   *sdk.Graph  // image [H, W, C] to the first layer's input
	Layers []sdk.Layer // the searched chain
	Joins  []Join      // of Layers; nil if all are Mean
	Head   *sdk.Graph  // last layer's output to logits [1, 1, classes]
}

// Skeleton lays the macro-architecture out for an input. The error is that of Validate, or of an image that is too
// small for the strides.
func (m Macro) Skeleton(in Input) (Skeleton, error) {
	if err := m.Validate(); err != nil {
		return Skeleton{}, fmt.Errorf("macro: %w", err)
	}
	stem, err := m.stem(in.Shape())
	if err != nil {
		return Skeleton{}, fmt.Errorf("macro: stem: %w", err)
	}
	joins, err := m.joins()
	if err != nil {
		return Skeleton{}, fmt.Errorf("macro: %w", err)
	}
	s := Skeleton{Stem: stem, Joins: joins}
	at := stem.Nodes[stem.Output].Shape
	s.Layers = layers.Chain(m.Layers, m.Channels[1:], at, m.Activation, m.SqueezeExcite)
	at = s.Layers[len(s.Layers)-1].Output()
	if s.Head, err = m.head(at, in.Classes); err != nil {
		return Skeleton{}, fmt.Errorf("macro: head: %w", err)
	}
	return s, nil
}

// stem is a convolution, a batch normalisation, the activation, and max pooling where the macro-architecture has it.
func (m Macro) stem(image sdk.Shape) (*sdk.Graph, error) {
	g := sdk.NewGraph(image)
	y := g.Input().ConvKxK(m.Channels[0], m.stemKernel(), m.StemStride, 1, 1).BatchNormAct(m.Activation)
	if m.StemPool > 0 {
		y = y.MaxPool(m.StemPool, 2, m.StemPool/2)
	}
	return g, g.Finish(y, y.Shape())
}

// head is a 1×1 convolution without normalisation and the activation, if Head is not 0, then global average pooling and
// a linear classifier. Their names are those of the weights: head and fc.
func (m Macro) head(x sdk.Shape, classes int) (*sdk.Graph, error) {
	g := sdk.NewGraph(x)
	y := g.Input()
	if m.Head > 0 {
		y = y.Conv1x1(m.Head, 1).Named("head").Activate(m.Activation)
	}
	y = y.GlobalAvgPool().Linear(classes).Named("fc")
	return g, g.Finish(y, sdk.Shape{Height: 1, Width: 1, Channels: classes})
}

// Fixed counts the stem and the head.
func (s Skeleton) Fixed() sdk.Count { return s.Stem.Count().Plus(s.Head.Count()) }
