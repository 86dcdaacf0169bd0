package catalog

import (
	"fmt"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

// Pricing is what operations cost: millions of MACs, or ms by a table of latencies. The zero value prices by MACs. A
// run keeps the costs of its operations, so that the table is read only for operations that are new to it.
type Pricing struct {
	Table string // file of latencies; empty: MACs
	Setup latency.Setup
}

// PricingOf is the pricing that a configuration asks for, on images of a size. It does not read the table yet.
func PricingOf(c config.Config, in supernet.Input) Pricing {
	if c.Search.Constraint.Kind != evolve.Latency {
		return Pricing{}
	}
	return Pricing{c.Search.Constraint.Table, latency.SetupOf(c.Macro, in)}
}

// fixed is the cost of stem and head.
func (p Pricing) fixed(s supernet.Skeleton) (float64, error) {
	if p.Table == "" {
		return text.Millions(s.Fixed().MACs), nil
	}
	t, err := p.read()
	return t.Fixed(), err
}

// of is the costs of operations by layer, as their graphs are.
func (p Pricing) of(ops []registry.Op, graphs [][]*sdk.Graph) ([][]float64, error) {
	cost := func(_ int, _ string, g *sdk.Graph) (float64, error) { return text.Millions(g.Count().MACs), nil }
	if p.Table != "" && len(ops) > 0 {
		t, err := p.read()
		if err != nil {
			return nil, err
		}
		cost = func(l int, name string, g *sdk.Graph) (float64, error) { return p.latency(t, l, name, g) }
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

// latency is what a table says of an operation at a layer, in ms.
func (p Pricing) latency(t latency.Table, l int, name string, g *sdk.Graph) (float64, error) {
	f, err := latency.Fingerprint(g)
	if err != nil {
		return 0, err
	}
	ms, err := t.Cost(l, name, f)
	if err != nil {
		err = p.located(
			fmt.Errorf("%w: nse lut build --pool FILE --config FILE --out %s measures what is missing", err,
				text.Shell(p.Table)))
	}
	return ms, err
}

// read reads the table, if it is for the network. The search has no batch and no threads of its own: the table's count.
func (p Pricing) read() (latency.Table, error) {
	t, err := latency.Read(p.Table)
	if err == nil {
		p.Setup.Batch, p.Setup.Threads = t.Batch, t.Threads
		err = t.Fits(p.Setup)
	}
	return t, p.located(err)
}

// located blames the setting that names the table.
func (p Pricing) located(err error) error {
	if err == nil {
		return nil
	}
	return &setting.Error{Key: "search.constraint.table", Value: p.Table, Err: err}
}

// Operations are those of the catalog as tables of latencies tell them apart, by id. A graph that cannot be encoded is
// an error.
func (c *Catalog) Operations() ([]latency.Operation, error) {
	list := make([]latency.Operation, len(c.Names))
	for i, name := range c.Names {
		list[i].Name = name
		for l := range c.Layers {
			f, err := latency.Fingerprint(c.Graphs[l][i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			list[i].Graphs = append(list[i].Graphs, f)
		}
	}
	return list, nil
}
