package catalog

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
	"github.com/nse-dev/nse/supernet"
)

// Stored is what a run keeps of operations of the catalog, so that it needs no plugin to describe them again. pool is
// the number of the pool that they came with.
func (c *Catalog) Stored(ops []registry.Op, pool int) (runs.Ops, error) {
	list := make(runs.Ops, len(ops))
	for i, op := range ops {
		id := slices.Index(c.Names, op.Name)
		list[i] = runs.Op{ID: id, Name: op.Name, Plugin: op.Family, Checksum: op.Plugin.SHA256, Pool: pool}
		for l := range c.Layers {
			text, err := wire.MarshalGraph(c.Graphs[l][id])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", op.Where, err)
			}
			list[i].Graphs = append(list[i].Graphs, text)
			list[i].Costs = append(list[i].Costs, c.costs[l][id])
		}
	}
	return list, nil
}

// Recalled is a run's catalog from what the run keeps. Exec primitives of its graphs do not run before Attach.
func Recalled(r *runs.Run, ops runs.Ops, s supernet.Skeleton, p Pricing) (*Catalog, error) {
	c := New(s, p)
	c.Base = r.Info.Fixed
	for _, op := range ops {
		if len(op.Graphs) != len(s.Layers) {
			return nil, fmt.Errorf("%s: the run keeps %s at %d layers, its network has %d", r.Dir, op.Name,
				len(op.Graphs), len(s.Layers))
		}
		c.Names = append(c.Names, op.Name)
		for l, layer := range s.Layers {
			g, err := wire.UnmarshalGraph(op.Graphs[l], layer.Input(), layer.Output())
			if err != nil {
				return nil, fmt.Errorf("%s: the graph of %s at layer %d is damaged: %w", r.Dir, op.Name, l, err)
			}
			c.Graphs[l] = append(c.Graphs[l], g)
			c.costs[l] = append(c.costs[l], op.Costs[l])
		}
	}
	return c, nil
}

// Attach starts the plugins of operations that run in them and that a search still uses, and takes their graphs. It
// returns the pools that it opened, nil if none was needed. On error all of them are closed.
func (c *Catalog) Attach(
	ctx context.Context, r *runs.Run, ops runs.Ops, st evolve.State, o registry.Options,
) (Pools, error) {
	var remote runs.Ops
	for _, op := range ops {
		if c.remote(op.ID) && st.Uses(evolve.OpID(op.ID)) {
			remote = append(remote, op)
		}
	}
	if remote == nil {
		return nil, nil
	}
	opened, found, err := Recall(ctx, r, o, remote)
	if err != nil {
		return nil, err
	}
	for _, op := range remote {
		if err := c.replace(ctx, op, found); err != nil {
			opened.Close()
			return nil, fmt.Errorf("%s: %w", r.Dir, err)
		}
	}
	return opened, nil
}

// Join adds the operations of another pool. One that is known has to be what it was, and is taken from the new pool's
// plugin. known are the run's operations.
func (c *Catalog) Join(ctx context.Context, known runs.Ops, ops []registry.Op) error {
	var more []registry.Op
	for _, op := range ops {
		id := slices.Index(c.Names, op.Name)
		if id < 0 {
			more = append(more, op)
			continue
		}
		graphs, err := graphsOf(ctx, []registry.Op{op}, c.Layers)
		if err != nil {
			return err
		}
		if err := c.swap(known[id], graphs); err != nil {
			return fmt.Errorf("%s: %w: give it another name", op.Where, err)
		}
	}
	return c.add(ctx, more)
}

// remote reports whether an operation runs in its plugin at some layer.
func (c *Catalog) remote(id int) bool {
	return slices.ContainsFunc(c.Graphs, func(ops []*sdk.Graph) bool { return RunsInPlugin(ops[id]) })
}

// RunsInPlugin reports whether a graph has exec primitives.
func RunsInPlugin(g *sdk.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(node sdk.Node) bool { _, exec := node.Primitive.(sdk.Exec); return exec })
}

// replace takes an operation's graphs from its plugin, if they are what the run keeps.
func (c *Catalog) replace(ctx context.Context, op runs.Op, found map[string]registry.Op) error {
	plugin, ok := found[op.Name]
	if !ok {
		return fmt.Errorf("no plugin offers %s any more", op.Name)
	}
	graphs, err := graphsOf(ctx, []registry.Op{plugin}, c.Layers)
	if err != nil {
		return err
	}
	return c.swap(op, graphs)
}

// swap puts graphs, by layer, in the place of an operation's, if they are equal.
func (c *Catalog) swap(op runs.Op, graphs [][]*sdk.Graph) error {
	for l := range c.Layers {
		text, err := wire.MarshalGraph(graphs[l][0])
		if err != nil {
			return err
		}
		if !bytes.Equal(text, op.Graphs[l]) {
			return fmt.Errorf("%s at layer %d is not the operation of that name that the run knows", op.Name, l)
		}
		c.Graphs[l][op.ID] = graphs[l][0]
	}
	return nil
}

// Pools are open pools.
type Pools []*registry.Pool

// Close ends their plugins.
func (p Pools) Close() {
	for _, pool := range p {
		pool.Close()
	}
}

// Recall opens the pools of a run with the plugins of some of its operations alone, from their copies in the cache. It
// lists what these plugins offer by name. Close the pools after use; on error none is open.
func Recall(
	ctx context.Context, r *runs.Run, o registry.Options, ops runs.Ops,
) (opened Pools, found map[string]registry.Op, err error) {
	wanted := map[string]bool{} // by checksum, or by family for what is built in
	for _, op := range ops {
		wanted[cmp.Or(op.Checksum, op.Plugin)] = true
	}
	o.Recall = func(p registry.Plugin) bool { return wanted[cmp.Or(p.SHA256, p.Name)] }
	list, err := r.Pools()
	if err != nil {
		return nil, nil, err
	}
	found = map[string]registry.Op{}
	for _, p := range list {
		path := filepath.Join(r.Dir, p.File())
		text, err := file.Read(path)
		var pool *registry.Pool
		if err == nil {
			o.Cached, o.Lock = true, p.Lock
			pool, err = registry.Parse(ctx, path, text, p.Dir, o)
		}
		if err != nil {
			opened.Close()
			return nil, nil, err
		}
		opened = append(opened, pool)
		for _, op := range pool.Ops {
			found[op.Name] = op // the latest, if a later pool brought it again
		}
	}
	return opened, found, nil
}
