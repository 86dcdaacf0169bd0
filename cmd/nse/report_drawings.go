package main

import (
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/drawing"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// architectures draws the last front from what the run keeps, without plugins.
func (g *gathered) architectures() ([]byte, error) {
	front := g.report.Front()
	if front == nil || len(front.Front) == 0 {
		return nil, nil
	}
	s, err := g.config.Macro.Skeleton(g.run.Info.Image)
	if err != nil {
		return nil, err
	}
	known, err := recalled(g.run, g.ops, s, pricing{})
	if err != nil {
		return nil, err
	}
	var list []model
	for _, a := range front.Front {
		m := model{Name: a.Name, Macro: g.config.Macro, Image: g.run.Info.Image, Skeleton: s, Accuracy: accuracy{a.Accuracy, "held-out images"}}
		if g.report.Unit == "ms" {
			m.Latency = a.Cost
		}
		for l, names := range a.Ops {
			var ops []registry.Op
			var graphs []*sdk.Graph
			for _, name := range names {
				id := slices.Index(known.names, name)
				if id < 0 {
					return nil, fmt.Errorf("%s is damaged: the front of round %d uses %q, which is no operation of the run", g.run.Dir, front.Round, name)
				}
				ops = append(ops, registry.Op{Name: name, Family: g.ops[id].Plugin, Plugin: registry.Plugin{SHA256: g.ops[id].Checksum}})
				graphs = append(graphs, known.graphs[l][id])
			}
			m.Ops, m.Graphs = append(m.Ops, ops), append(m.Graphs, graphs)
		}
		list = append(list, m)
	}
	return drawing.Architectures{List: drawings(list)}.SVG()
}
