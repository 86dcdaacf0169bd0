package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/random"
)

// sample is architectures of a network, to be measured.
type sample struct {
	*network
	names []string
	archs []evolve.Arch
	pools
}

// randomSample draws architectures of a pool.
func (k lutCheck) randomSample(ctx context.Context, t latency.Table) (s sample, err error) {
	laid, err := t.Macro.Skeleton(imagesOf(t.Setup))
	if err != nil {
		return s, err
	}
	pool, err := openPool(ctx, k.pool)
	if err != nil {
		return s, err
	}
	s.pools = pools{pool}
	if s.network, err = layOut(ctx, pool.Ops, laid, pricing{}); err != nil {
		pool.Close()
		return s, err
	}
	for i := range k.archs {
		s.names = append(s.names, fmt.Sprintf("random-%d", i+1))
		s.archs = append(s.archs, randomArch(s.network, k.seed, i))
	}
	return s, nil
}

// randomArch draws an architecture as training does from a subset of 5.
func randomArch(n *network, seed uint64, number int) evolve.Arch {
	const most = 5
	a := make(evolve.Arch, len(n.Layers))
	for l, layer := range n.Layers {
		r := random.New(seed, "lut check", number, 0, l)
		for len(a[l]) == 0 {
			for _, op := range r.Perm(len(n.names))[:min(most, len(n.names))] {
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

// namedSample lays out the architectures of a source as one network.
func namedSample(ctx context.Context, t latency.Table, what string) (s sample, err error) {
	m, err := openModels(ctx, what, variant{})
	if err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			m.Close()
		}
	}()
	if len(m.list) == 0 {
		return s, fmt.Errorf("%s: there are no architectures", what)
	}
	first := m.list[0]
	s = sample{network: newNetwork(first.Skeleton, pricing{}), pools: m.pools}
	for _, x := range m.list {
		of := setupOf(x.Macro, x.Image)
		of.Batch, of.Threads = t.Batch, t.Threads
		if err := t.Fits(of); err != nil {
			return s, fmt.Errorf("%s: %s: the table is not for it: %w", what, x.Name, err)
		}
		s.names = append(s.names, x.Name)
		s.archs = append(s.archs, s.take(x))
	}
	return s, nil
}

// take adds a model's operations to the network, and returns the model in its terms.
func (n *network) take(m model) evolve.Arch {
	a := make(evolve.Arch, len(m.Ops))
	for l, path := range m.Ops {
		for i, op := range path {
			id := n.id(op.Name)
			n.graphs[l][id] = m.Graphs[l][i]
			a[l] = append(a[l], evolve.OpID(id))
		}
		slices.Sort(a[l])
	}
	return a
}

// id is the number of the operation of that name, the next one if it is new.
func (n *network) id(name string) int {
	if id := slices.Index(n.names, name); id >= 0 {
		return id
	}
	n.names = append(n.names, name)
	for l := range n.graphs {
		n.graphs[l] = append(n.graphs[l], nil)
	}
	return len(n.names) - 1
}

// predict is what a table says of the sample.
func (s sample) predict(t latency.Table) ([]checked, error) {
	list := make([]checked, len(s.archs))
	for i, a := range s.archs {
		list[i] = checked{Name: s.names[i], Predicted: t.Fixed()}
		for l, path := range a {
			for _, op := range path {
				f, err := latency.Fingerprint(s.graphs[l][op])
				if err != nil {
					return nil, err
				}
				ms, err := t.Cost(l, s.network.names[op], f)
				if err != nil {
					return nil, err
				}
				list[i].Predicted += ms
			}
		}
	}
	return list, nil
}

// subset lists the operations that the sample uses.
func (s sample) subset() []evolve.Path {
	all := make([]evolve.Member, len(s.archs))
	for i, a := range s.archs {
		all[i].Arch = a
	}
	return evolve.Aggregate(all, len(s.Layers))
}
