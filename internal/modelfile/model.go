// Package modelfile keeps a network in a folder of two files, with all that it takes to build it again without the
// plugins that described it:
//
//	model.json           architecture, operations with their checksums and graphs, input, classes, training
//	weights.safetensors  parameters and running statistics, with PyTorch's names
//
// model.json is written last and has the checksum of the weights, so that a folder with one is complete.
package modelfile

import (
	"fmt"
	"iter"
	"math"
	"regexp"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// Names of the files in a model's folder.
const (
	File        = "model.json"
	WeightsFile = "weights.safetensors"
	ImagesFile  = "images.tsv.gz" // a data.Index, encoded
)

// format is the version of model.json.
const format = 1

// Model is a network as model.json describes it. New and Read make complete ones.
type Model struct {
	Format     int            `json:"format"`
	Version    string         `json:"nse"`    // of the program that made it
	Name       string         `json:"name"`   // unique in its source, such as front-3
	Source     string         `json:"source"` // where the architecture is from: a run, a file, a published name
	Input      Input          `json:"input"`
	Classes    []string       `json:"classes"`
	Macro      supernet.Macro `json:"macro"` // at the scale of this network
	Operations []Operation    `json:"operations"`
	Layers     [][]Branch     `json:"layers"` // none in a normal layer: its input passes on
	Count      sdk.Count      `json:"count"`
	Training   *Training      `json:"training,omitempty"`       // nil if it was not trained
	WeightsSum string         `json:"weights_sha256,omitempty"` // of the weights file; empty without one

	skeleton supernet.Skeleton
	graphs   [][]*sdk.Graph
}

// Input is what the network takes: images of the shape [Height, Width, Channels]. A byte v of channel c enters the
// network as (v/255 − Mean[c])/Std[c].
type Input struct {
	Height   int       `json:"height"`
	Width    int       `json:"width"`
	Channels int       `json:"channels"`
	Mean     []float32 `json:"mean"`
	Std      []float32 `json:"std"`
	// Resize is the side of the square that images are resized to, of which the network gets the middle. 0 is the side
	// of the input, as in models of older versions.
	Resize int `json:"resize,omitempty"`
	// Background is the colour under transparent pixels of files, such as #ffffff. It is empty in models of older
	// versions, and white then.
	Background string `json:"background,omitempty"`
}

// mostResize is the greatest side that images are resized to.
const mostResize = 1024

// Options open images as those that the model was trained with.
func (i Input) Options() (o data.Options, err error) {
	if i.Height == i.Width {
		o.Size = i.Height
	}
	if i.Resize > 0 {
		o.Size, o.Crop = i.Resize, i.Height
	}
	if i.Background != "" {
		o.Background, err = data.ParseColour(i.Background)
	}
	return o, err
}

// network is what the model's network is built for.
func (m *Model) network() supernet.Input {
	return supernet.Input{Height: m.Input.Height, Width: m.Input.Width, Channels: m.Input.Channels,
		Classes: len(m.Classes)}
}

// Shape is the shape of one image.
func (i Input) Shape() sdk.Shape {
	return sdk.Shape{Height: i.Height, Width: i.Width, Channels: i.Channels}
}

// Operation is an operation that layers use, and where it came from.
type Operation struct {
	Name     string `json:"name"`
	Family   string `json:"family"`
	Checksum string `json:"plugin_sha256,omitempty"` // of the plugin's binary; empty for one that is built in
}

// Branch is an operation in a layer, whose output is the mean of its branches (and of its input, if it is normal).
type Branch struct {
	Op    string `json:"op"`
	Graph []byte `json:"graph"` // as package wire encodes it; Blocks has it decoded
}

// Training is how the network came to its weights, and what they are worth.
type Training struct {
	Data       string         `json:"data"`     // specification of the data set
	Images     int            `json:"images"`   // that it was trained on
	Seed       uint64         `json:"seed"`     // of everything random
	Settings   retrain.Config `json:"settings"` // as they were used
	TestImages int            `json:"test_images"`
	// Fingerprint is that of all images. It is zero in models of older versions.
	Fingerprint data.Fingerprint `json:"fingerprint,omitzero"`
	Test        retrain.Outcome  `json:"test"` // on the test images
	// TrainImages and MACs are what training and tests have spent: images of weight updates, and multiply-accumulates.
	// They are 0 in models of older versions.
	TrainImages int64   `json:"train_images,omitempty"`
	MACs        float64 `json:"macs,omitempty"`
}

// New describes a network: the operations of every layer with the graphs that they have there. Graphs are kept as they
// are, so that exec primitives run as far as they do in these.
func New(d Model, ops [][]Operation, graphs [][]*sdk.Graph) (*Model, error) {
	m := d
	m.Format, m.Macro.Name, m.graphs = format, "", graphs
	known := map[string]bool{}
	for l, path := range ops {
		branches := make([]Branch, len(path))
		for i, op := range path {
			text, err := wire.MarshalGraph(graphs[l][i])
			if err != nil {
				return nil, fmt.Errorf("layer %d: %s: %w", l, op.Name, err)
			}
			branches[i] = Branch{op.Name, text}
			if !known[op.Name] {
				known[op.Name] = true
				m.Operations = append(m.Operations, op)
			}
		}
		m.Layers = append(m.Layers, branches)
	}
	var err error
	if m.skeleton, err = m.Macro.Skeleton(m.network()); err != nil {
		return nil, err
	}
	m.Count = m.count()
	return &m, m.check()
}

// Skeleton is the network without its layers' operations: stem, places of layers, and head.
func (m *Model) Skeleton() supernet.Skeleton { return m.skeleton }

// Graphs are those of the branches, by layer. They stay the model's.
func (m *Model) Graphs() [][]*sdk.Graph { return m.graphs }

// Blocks yields the graphs of the network in the order of its layers, with the prefix of their parameters' names in the
// weights file: "stem.", "layers.3.0." (layer 3, branch 0), "" for the head.
func (m *Model) Blocks() iter.Seq2[string, *sdk.Graph] {
	return func(yield func(string, *sdk.Graph) bool) {
		if !yield("stem.", m.skeleton.Stem) {
			return
		}
		for l, path := range m.graphs {
			for i, g := range path {
				if !yield(fmt.Sprintf("layers.%d.%d.", l, i), g) {
					return
				}
			}
		}
		yield("", m.skeleton.Head)
	}
}

// Arch is the architecture that Net trains and runs: all branches of every layer.
func (m *Model) Arch() evolve.Arch {
	a := make(evolve.Arch, len(m.Layers))
	for l, path := range m.Layers {
		for i := range path {
			a[l] = append(a[l], evolve.OpID(i))
		}
	}
	return a
}

// Net builds the network, with the weights that training begins with. They follow from seed. workers is the number of
// cores, and 0 is all of them. Operation i of a layer is its branch i. Close the network after use.
func (m *Model) Net(seed uint64, workers int) (*supernet.Net, error) {
	n, err := supernet.NewNet(m.skeleton,
		func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) { return m.graphs[l.Index][op], nil }, seed, workers)
	if err != nil {
		return nil, err
	}
	if err := n.Fill(m.Arch()); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

func (m *Model) count() (c sdk.Count) {
	for _, g := range m.Blocks() {
		c = c.Plus(g.Count())
	}
	return c
}

// member is what the names of operations are made of (sdk.Op.Member). Others could end a comment of an exported module.
var member = regexp.MustCompile(`^[a-zA-Z0-9_.+-]+$`)

// check refuses what fits together nowhere.
func (m *Model) check() error {
	switch i := m.Input; {
	case len(m.Classes) == 0:
		return fmt.Errorf("classes: there are none")
	case len(i.Mean) != i.Channels || len(i.Std) != i.Channels:
		return fmt.Errorf("input: mean and std have %d and %d values, want %d, one for each channel", len(i.Mean),
			len(i.Std), i.Channels)
	case i.Resize != 0 && (i.Height != i.Width || i.Resize < i.Height || i.Resize > mostResize):
		return fmt.Errorf("input: resize is %d, want %d to %d, and a square input", i.Resize, i.Height, mostResize)
	case len(m.Layers) != len(m.skeleton.Layers):
		return fmt.Errorf("layers: operations for %d layers, but macro.layers has %d", len(m.Layers),
			len(m.skeleton.Layers))
	}
	for _, op := range m.Operations {
		if !member.MatchString(op.Name) {
			return fmt.Errorf("operations: %q cannot be the name of one", op.Name)
		}
	}
	for c, std := range m.Input.Std {
		if !(std > 0) || math.IsInf(float64(std), 0) || math.IsNaN(float64(m.Input.Mean[c])) {
			return fmt.Errorf("input: channel %d has mean %g and std %g", c, m.Input.Mean[c], std)
		}
	}
	for l, path := range m.Layers {
		if len(path) == 0 && !m.skeleton.Layers[l].Normal() {
			return fmt.Errorf("layer %d changes channels or size and has no operation", l)
		}
	}
	return nil
}
