package lut

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/registry"
)

// Sample is architectures to be measured, in the terms of one catalog.
type Sample struct {
	catalog *catalog.Catalog
	names   []string
	archs   []evolve.Arch
}

// RandomSample draws n architectures of a pool for the network of a table. They follow from seed.
func RandomSample(ctx context.Context, t latency.Table, ops []registry.Op, n int, seed uint64) (s Sample, err error) {
	k, err := t.Macro.Skeleton(t.Input())
	if err != nil {
		return s, err
	}
	if s.catalog, err = catalog.LayOut(ctx, ops, k, catalog.Pricing{}); err != nil {
		return s, err
	}
	for i := range n {
		s.names = append(s.names, fmt.Sprintf("random-%d", i+1))
		s.archs = append(s.archs, randomArch(s.catalog, seed, i))
	}
	return s, nil
}

// randomArch draws an architecture as training does from a subset of 5.
func randomArch(c *catalog.Catalog, seed uint64, number int) evolve.Arch {
	const most = 5
	a := make(evolve.Arch, len(c.Layers))
	for l, layer := range c.Layers {
		r := random.New(seed, "lut check", number, 0, l)
		for len(a[l]) == 0 {
			for _, op := range r.Perm(len(c.Names))[:min(most, len(c.Names))] {
				if r.IntN(2) == 1 {
					a[l] = append(a[l], evolve.OpID(op))
				}
			}
			if layer.Normal() {
				break
			}
		}
		slices.Sort(a[l])
	}
	return a
}

// SampleOf lays out architectures as one network, which has to be the table's.
func SampleOf(t latency.Table, list []architecture.Plan) (s Sample, err error) {
	if len(list) == 0 {
		return s, errors.New("there are no architectures")
	}
	s.catalog = catalog.New(list[0].Skeleton, catalog.Pricing{})
	for _, p := range list {
		of := latency.SetupOf(p.Macro, p.Input)
		of.Batch, of.Threads = t.Batch, t.Threads
		if err := t.Fits(of); err != nil {
			return s, fmt.Errorf("%s: the table is not for it: %w", p.Name, err)
		}
		s.names = append(s.names, p.Name)
		s.archs = append(s.archs, s.take(p))
	}
	return s, nil
}

// SampleAt is SampleOf for the architectures of a source, such as a file or a run. Close the pools after use.
func SampleAt(
	ctx context.Context, t latency.Table, o architecture.Opener, source string,
) (Sample, catalog.Pools, error) {
	list, err := o.Open(ctx, architecture.Source{Path: source}, architecture.Variant{})
	if err != nil {
		return Sample{}, nil, err
	}
	s, err := SampleOf(t, list.Plans)
	if err != nil {
		list.Close()
		return s, nil, fmt.Errorf("%s: %w", source, err)
	}
	return s, list.Pools, nil
}

// take adds the operations of an architecture to the catalog, and returns it in the catalog's terms.
func (s Sample) take(p architecture.Plan) evolve.Arch {
	a := make(evolve.Arch, len(p.Ops))
	for l, path := range p.Ops {
		for i, op := range path {
			a[l] = append(a[l], s.catalog.Add(l, op.Name, p.Graphs[l][i]))
		}
		slices.Sort(a[l])
	}
	return a
}

// Predict is what a table says of the sample, without measurements. An operation that the table lacks is an error.
func (s Sample) Predict(t latency.Table) ([]Checked, error) {
	list := make([]Checked, len(s.archs))
	for i, a := range s.archs {
		list[i] = Checked{Name: s.names[i], Predicted: t.Fixed()}
		for l, path := range a {
			for _, op := range path {
				f, err := latency.Fingerprint(s.catalog.Graphs[l][op])
				if err != nil {
					return nil, err
				}
				ms, err := t.Cost(l, s.catalog.Names[op], f)
				if err != nil {
					return nil, err
				}
				list[i].Predicted += ms
			}
		}
	}
	return list, nil
}

// subset lists the operations that the sample uses, by layer.
func (s Sample) subset() []evolve.Path {
	all := make([]evolve.Member, len(s.archs))
	for i, a := range s.archs {
		all[i].Arch = a
	}
	return evolve.Aggregate(all, len(s.catalog.Layers))
}
