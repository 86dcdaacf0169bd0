package main

import (
	"fmt"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

// pricing is what operations cost: millions of MACs, or ms by a table. A run keeps the costs of its operations, so that the
// table is read only for those that are new to it.
type pricing struct {
	table string // file; empty: MACs
	setup latency.Setup
}

// pricingOf is that of a search on images.
func pricingOf(c config.Config, i supernet.Input) pricing {
	if c.Search.Constraint.Kind != evolve.Latency {
		return pricing{}
	}
	return pricing{c.Search.Constraint.Table, setupOf(c.Macro, i)}
}

// fixed is the cost of stem and head.
func (p pricing) fixed(s supernet.Skeleton) (float64, error) {
	if p.table == "" {
		return millions(s.Fixed().MACs), nil
	}
	t, err := p.read()
	return t.Fixed(), err
}

// of is the costs of operations by layer, as their graphs are.
func (p pricing) of(ops []registry.Op, graphs [][]*sdk.Graph) ([][]float64, error) {
	cost := func(_ int, _ string, g *sdk.Graph) (float64, error) { return millions(g.Count().MACs), nil }
	if p.table != "" && len(ops) > 0 {
		t, err := p.read()
		if err != nil {
			return nil, err
		}
		cost = func(l int, name string, g *sdk.Graph) (float64, error) {
			f, err := latency.Fingerprint(g)
			if err != nil {
				return 0, err
			}
			ms, err := t.Cost(l, name, f)
			if err != nil {
				err = p.located(fmt.Errorf("%w: nse lut build --pool FILE --config FILE --out %s measures what is missing", err, p.table))
			}
			return ms, err
		}
	}
	costs := make([][]float64, len(graphs))
	for l := range graphs {
		costs[l] = make([]float64, len(ops))
		for i, op := range ops {
			var err error
			if costs[l][i], err = cost(l, op.Name, graphs[l][i]); err != nil {
				return nil, err
			}
		}
	}
	return costs, nil
}

// read reads the table, if it is for the network. The search has no batch and no threads of its own: those of the table count.
func (p pricing) read() (latency.Table, error) {
	t, err := readTable(p.table)
	if err == nil {
		p.setup.Batch, p.setup.Threads = t.Batch, t.Threads
		err = t.Fits(p.setup)
	}
	return t, p.located(err)
}

// located blames the setting that names the table.
func (p pricing) located(err error) error {
	if err == nil {
		return nil
	}
	return &setting.Error{Key: "search.constraint.table", Value: p.table, Err: err}
}

func millions(macs int64) float64 { return float64(macs) / 1e6 }
