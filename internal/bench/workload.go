package bench

import (
	"fmt"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/jsontext"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// Workload is what is timed. Operations are numbered by layer, from 0.
type Workload struct {
	Name       string        `json:"name"`
	Image      []int         `json:"image"` // height, width, channels
	Classes    int           `json:"classes"`
	Stem       Stem          `json:"stem"`
	Head       int           `json:"head"`  // channels of the last convolution
	Batch      int           `json:"batch"` // images of a training step
	Layers     []Layer       `json:"layers"`
	TrainSteps []evolve.Arch `json:"train_steps"` // one step each
	Score      Score         `json:"score"`
}

// Stem is the 3×3 convolution that the network starts with.
type Stem struct {
	Channels int `json:"channels"`
	Stride   int `json:"stride"`
}

// Layer is a layer with its candidate operations.
type Layer struct {
	In     int         `json:"cin"`
	Out    int         `json:"cout"`
	Stride int         `json:"stride"`
	Ops    []Operation `json:"ops"`
	Theta  []float64   `json:"theta"` // fitness that the architectures were sampled with; nothing here depends on it
}

// Operation is a member of a family of operations.
type Operation struct {
	Family   string `json:"family"`
	Kernel   int    `json:"kernel"`
	Expand   int    `json:"expand"`
	Dilation int    `json:"dilation"`
	Groups   []int  `json:"groups"` // of the first and of the last convolution
}

// Score is what architectures are scored on. Images beyond the last full batch are left out.
type Score struct {
	Batch         int           `json:"batch"`
	Calibration   int           `json:"calibration_images"`
	Validation    int           `json:"validation_images"`
	Architectures []evolve.Arch `json:"architectures"`
}

// ReadWorkload reads the file at path.
func ReadWorkload(path string) (w Workload, err error) {
	text, err := file.ReadText(path)
	if err != nil {
		return w, err
	}
	return w, jsontext.Decode(path, text, &w)
}

// network is the workload's supernet as graphs.
type network struct {
	supernet.Skeleton
	graphs [][]*sdk.Graph // by layer and operation
}

// layOut builds every operation and checks that the steps and architectures are made of them.
func (w Workload) layOut(family func(name string) (sdk.Op, error)) (n network, err error) {
	if err := w.validate(); err != nil {
		return n, err
	}
	in := supernet.Input{Height: w.Image[0], Width: w.Image[1], Channels: w.Image[2], Classes: w.Classes}
	if n.Skeleton, err = w.macro().Skeleton(in); err != nil {
		return n, err
	}
	for l, layer := range w.Layers {
		graphs := make([]*sdk.Graph, len(layer.Ops))
		for i, o := range layer.Ops {
			if graphs[i], err = o.graph(n.Layers[l], family); err != nil {
				return n, fmt.Errorf("layer %d: operation %d: %w", l, i, err)
			}
		}
		n.graphs = append(n.graphs, graphs)
	}
	if err := n.checkAll("train_steps", w.TrainSteps); err != nil {
		return n, err
	}
	return n, n.checkAll("architectures", w.Score.Architectures)
}

// validate checks the numbers that nothing else checks.
func (w Workload) validate() error {
	s := w.Score
	switch {
	case len(w.Image) != 3:
		return fmt.Errorf("image %v: want height, width and channels", w.Image)
	case w.Classes < 2:
		return fmt.Errorf("classes %d: want 2 or more", w.Classes)
	case w.Batch < 2:
		return fmt.Errorf("batch %d: want 2 or more, which batch normalisation needs", w.Batch)
	case s.Batch < 2:
		return fmt.Errorf("score: batch %d: want 2 or more, which batch normalisation needs", s.Batch)
	case s.Calibration < s.Batch:
		return fmt.Errorf("score: calibration_images %d: want a batch of %d or more", s.Calibration, s.Batch)
	case s.Validation < s.Batch:
		return fmt.Errorf("score: validation_images %d: want a batch of %d or more", s.Validation, s.Batch)
	}
	channels := w.Stem.Channels
	for i, l := range w.Layers {
		switch {
		case l.In != channels:
			return fmt.Errorf("layer %d: cin %d, but what comes before it has %d channels", i, l.In, channels)
		case l.Stride != 1 && l.Stride != 2:
			return fmt.Errorf("layer %d: stride %d: want 1 or 2", i, l.Stride)
		case len(l.Ops) == 0:
			return fmt.Errorf("layer %d: ops is missing or empty", i)
		}
		channels = l.Out
	}
	return nil
}

// macro is the macro-architecture that has the workload's layers.
func (w Workload) macro() supernet.Macro {
	m := supernet.Macro{StemStride: w.Stem.Stride, Channels: []int{w.Stem.Channels}, Head: w.Head, Activation: sdk.ReLU}
	for _, l := range w.Layers {
		letter := "E"
		if l.Stride == 2 {
			letter = "R"
		} else if l.In == l.Out {
			letter = "N"
		}
		m.Layers += letter
		if letter != "N" {
			m.Channels = append(m.Channels, l.Out)
		}
	}
	return m
}

func (o Operation) graph(l sdk.Layer, family func(name string) (sdk.Op, error)) (*sdk.Graph, error) {
	op, err := family(o.Family)
	if err != nil {
		return nil, err
	}
	return op.Graph(l, o.attrs())
}

// attrs are the operation's attributes. Not every family can dilate or group, so that these stand there only if they
// ask for it.
func (o Operation) attrs() sdk.Attrs {
	attrs := sdk.Attrs{"kernel": o.Kernel, "expand": o.Expand}
	if o.Dilation != 1 {
		attrs["dilation"] = o.Dilation
	}
	if len(o.Groups) != 2 || o.Groups[0] != 1 || o.Groups[1] != 1 {
		attrs["groups"] = o.Groups
	}
	return attrs
}

// checkAll checks a list of architectures, which must not be empty.
func (n network) checkAll(list string, archs []evolve.Arch) error {
	if len(archs) == 0 {
		return fmt.Errorf("%s is missing or empty", list)
	}
	for i, a := range archs {
		if err := n.check(a); err != nil {
			return fmt.Errorf("%s: %d: %w", list, i, err)
		}
	}
	return nil
}

// check refuses an architecture that the network does not have.
func (n network) check(a evolve.Arch) error {
	if len(a) != len(n.graphs) {
		return fmt.Errorf("paths of %d layers for a network of %d", len(a), len(n.graphs))
	}
	for l, path := range a {
		if len(path) == 0 && !n.Layers[l].Normal() {
			return fmt.Errorf("layer %d changes channels or size and has no operation", l)
		}
		for i, op := range path {
			if op < 0 || int(op) >= len(n.graphs[l]) {
				return fmt.Errorf("layer %d: operation %d is not in 0..%d", l, op, len(n.graphs[l])-1)
			}
			if i > 0 && op <= path[i-1] {
				return fmt.Errorf("layer %d: operations %v do not ascend", l, path)
			}
		}
	}
	return nil
}

// build is the supernet's source of graphs.
func (n network) build(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
	return n.graphs[l.Index][op], nil
}

// subset is every operation of every layer.
func (n network) subset() []evolve.Path {
	all := make([]evolve.Path, len(n.graphs))
	for l, graphs := range n.graphs {
		for i := range graphs {
			all[l] = append(all[l], evolve.OpID(i))
		}
	}
	return all
}

// macs sums the multiply-accumulates of one image over architectures.
func (n network) macs(archs []evolve.Arch) (total float64) {
	for _, a := range archs {
		c := n.Fixed()
		for l, path := range a {
			for _, op := range path {
				c = c.Plus(n.graphs[l][op].Count())
			}
		}
		total += float64(c.MACs)
	}
	return total
}
