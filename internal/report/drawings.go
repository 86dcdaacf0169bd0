package report

import (
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/drawing"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// architectures draws the last front from what the run keeps, without plugins.
func (g *Gathered) architectures() ([]byte, error) {
	front := g.Report.Front()
	if front == nil || len(front.Front) == 0 {
		return nil, nil
	}
	s, err := g.config.Macro.Skeleton(g.run.Info.Image)
	if err != nil {
		return nil, err
	}
	known, err := catalog.Recalled(g.run, g.ops, s, catalog.Pricing{})
	if err != nil {
		return nil, err
	}
	var list []architecture.Plan
	for _, a := range front.Front {
		p := architecture.Plan{Name: a.Name, Macro: g.config.Macro, Input: g.run.Info.Image, Skeleton: s,
			Accuracy: architecture.Accuracy{Value: a.Accuracy, Of: "held-out images",
				Weights: runs.Weights(front.Epochs)}}
		if g.Report.Unit == "ms" {
			p.Latency = a.Cost
		}
		for l, names := range a.Ops {
			var ops []registry.Op
			var graphs []*sdk.Graph
			for _, name := range names {
				id := slices.Index(known.Names, name)
				if id < 0 {
					return nil, fmt.Errorf("%s is damaged: the front of round %d uses %q, which is no operation of "+
						"the run", g.run.Dir, front.Round, name)
				}
				ops = append(ops, registry.Op{Name: name, Family: g.ops[id].Plugin,
					Plugin: registry.Plugin{SHA256: g.ops[id].Checksum}})
				graphs = append(graphs, known.Graphs[l][id])
			}
			p.Ops, p.Graphs = append(p.Ops, ops), append(p.Graphs, graphs)
		}
		list = append(list, p)
	}
	return drawing.Architectures{List: architecture.Drawings(list)}.SVG()
}
