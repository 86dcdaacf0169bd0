// Package architecture finds architectures by name, in files, in runs and in models, and builds them at their own scale
// or at another.
package architecture

import (
	"cmp"
	"context"
	"fmt"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// Plan is an architecture with what it takes to build it. Its graphs are built. Those with exec primitives run only
// while the List that the plan is from is open.
type Plan struct {
	Name  string // unique in its source, such as front-3
	Macro supernet.Macro
	Input supernet.Input
	supernet.Skeleton
	Ops      [][]registry.Op // by layer
	Graphs   [][]*sdk.Graph  // of Ops
	Accuracy Accuracy
	Latency  float64 // ms, as the search predicted it; 0 for one that was not after it
	Folder   string  // of a trained model; empty for an architecture
}

// Accuracy is what is known of a plan's accuracy.
type Accuracy struct {
	Value   float64 // 0..1; 0 if nothing is known
	Of      string  // the images that it was measured on, and who did
	Weights string  // whose weights they were: TrainedAlone, as runs.Weights says it, or empty
}

// TrainedAlone is Accuracy.Weights of a trained model.
const TrainedAlone = "trained alone"

// Variant changes how architectures are built. The zero value changes nothing.
type Variant struct {
	SqueezeExcite bool           // every operation that can have squeeze-and-excite gets it
	Swish         bool           // swish takes the place of the activation
	Input         supernet.Input // its fields that are not 0 take the place of the architecture's own
}

// see is the input that an architecture is built for, which is made for own.
func (v Variant) see(own supernet.Input) supernet.Input {
	return supernet.Input{Height: cmp.Or(v.Input.Height, own.Height), Width: cmp.Or(v.Input.Width, own.Width),
		Channels: cmp.Or(v.Input.Channels, own.Channels), Classes: cmp.Or(v.Input.Classes, own.Classes)}
}

func (v Variant) apply(m *supernet.Macro) {
	m.SqueezeExcite = m.SqueezeExcite || v.SqueezeExcite
	if v.Swish {
		m.Activation = sdk.Swish
	}
}

// layOut asks the plugins for the graphs of an architecture.
func layOut(ctx context.Context, name string, m supernet.Macro, in supernet.Input, ops [][]registry.Op) (Plan, error) {
	s, err := m.Skeleton(in)
	if err != nil {
		return Plan{}, err
	}
	if len(ops) != len(s.Layers) {
		return Plan{}, fmt.Errorf("operations for %d layers, but %d letters in layers", len(ops), len(s.Layers))
	}
	p := Plan{Name: name, Macro: m, Input: in, Skeleton: s, Ops: ops, Graphs: make([][]*sdk.Graph, len(ops))}
	for l, path := range ops {
		if len(path) == 0 && !s.Layers[l].Normal() {
			return Plan{}, fmt.Errorf("layer %d changes channels or size and has no operation", l)
		}
		for _, op := range path {
			g, err := op.Graph(ctx, s.Layers[l])
			if err != nil {
				return Plan{}, err
			}
			p.Graphs[l] = append(p.Graphs[l], g)
		}
	}
	return p, nil
}

// Count counts the architecture with its stem and head: parameters, and MACs for one image.
func (p Plan) Count() sdk.Count {
	c := p.Fixed()
	for _, path := range p.Graphs {
		for _, g := range path {
			c = c.Plus(g.Count())
		}
	}
	return c
}
