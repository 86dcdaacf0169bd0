package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
	"github.com/nse-dev/nse/supernet"
)

// stored is what a run keeps of operations of the network, so that it needs no plugin to describe them again.
func (n *network) stored(ops []registry.Op, pool int) (runs.Ops, error) {
	list := make(runs.Ops, len(ops))
	for i, op := range ops {
		id := slices.Index(n.names, op.Name)
		list[i] = runs.Op{ID: id, Name: op.Name, Plugin: op.Family, Checksum: op.Plugin.SHA256, Pool: pool}
		for l := range n.Layers {
			text, err := wire.MarshalGraph(n.graphs[l][id])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", op.Where, err)
			}
			list[i].Graphs = append(list[i].Graphs, text)
			list[i].Costs = append(list[i].Costs, n.costs[l][id])
		}
	}
	return list, nil
}

// recalled is a run's network from what the run keeps. Exec primitives of its graphs do not run yet.
func recalled(r *runs.Run, ops runs.Ops, s supernet.Skeleton, p pricing) (*network, error) {
	n := newNetwork(s, p)
	n.fixed = r.Info.Fixed
	for _, op := range ops {
		if len(op.Graphs) != len(s.Layers) {
			return nil, fmt.Errorf("%s: the run keeps %s at %d layers, its network has %d", r.Dir, op.Name, len(op.Graphs), len(s.Layers))
		}
		n.names = append(n.names, op.Name)
		for l, layer := range s.Layers {
			g, err := wire.UnmarshalGraph(op.Graphs[l], layer.Input(), layer.Output())
			if err != nil {
				return nil, fmt.Errorf("%s: the graph of %s at layer %d is damaged: %w", r.Dir, op.Name, l, err)
			}
			n.graphs[l] = append(n.graphs[l], g)
			n.costs[l] = append(n.costs[l], op.Costs[l])
		}
	}
	return n, nil
}

// attach starts the plugins of operations that run in them and that a search still uses, and takes their graphs.
func (n *network) attach(ctx context.Context, r *runs.Run, ops runs.Ops, st evolve.State) (pools, error) {
	wanted := map[string]bool{} // by checksum
	var remote runs.Ops
	for _, op := range ops {
		if n.remote(op.ID) && st.Uses(evolve.OpID(op.ID)) {
			wanted[op.Checksum] = true
			remote = append(remote, op)
		}
	}
	if remote == nil {
		return nil, nil
	}
	opened, found, err := recall(ctx, r, func(sha256 string) bool { return wanted[sha256] })
	if err != nil {
		return nil, err
	}
	for _, op := range remote {
		if err := n.replace(ctx, op, found); err != nil {
			opened.Close()
			return nil, fmt.Errorf("%s: %w", r.Dir, err)
		}
	}
	return opened, nil
}

// remote reports whether an operation runs in its plugin.
func (n *network) remote(id int) bool {
	return slices.ContainsFunc(n.graphs, func(ops []*sdk.Graph) bool { return runsInPlugin(ops[id]) })
}

// runsInPlugin reports whether a graph has exec primitives.
func runsInPlugin(g *sdk.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(node sdk.Node) bool { _, exec := node.Primitive.(sdk.Exec); return exec })
}

// replace takes an operation's graphs from its plugin, if they are what the run keeps.
func (n *network) replace(ctx context.Context, op runs.Op, found map[string]registry.Op) error {
	plugin, ok := found[op.Name]
	if !ok {
		return fmt.Errorf("no plugin offers %s any more", op.Name)
	}
	graphs, err := graphsOf(ctx, []registry.Op{plugin}, n.Layers)
	if err != nil {
		return err
	}
	return n.swap(op, graphs)
}

// pools are open pools.
type pools []*registry.Pool

// Close ends their plugins.
func (p pools) Close() {
	for _, pool := range p {
		pool.Close()
	}
}

// recall opens the pools of a run, with the plugins that are wanted (registry.Options.Recall), from the cache, and lists their
// operations by name.
func recall(ctx context.Context, r *runs.Run, wanted func(sha256 string) bool) (opened pools, found map[string]registry.Op, err error) {
	list, err := r.Pools()
	if err != nil {
		return nil, nil, err
	}
	found = map[string]registry.Op{}
	for _, p := range list {
		path := filepath.Join(r.Dir, p.File())
		text, err := readText(path)
		o := pluginOptions()
		o.Recall, o.Cached, o.Lock = wanted, true, p.Lock
		var pool *registry.Pool
		if err == nil {
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

// admit copies plugins that the user names, so that a run finds them.
func admit(paths []string) error {
	for _, path := range paths {
		if _, err := registry.Admit(path); err != nil {
			return fmt.Errorf("--plugin %s: %w", path, err)
		}
	}
	return nil
}

// runFlags are the flags of verbs that go on with a run.
type runFlags struct {
	plugins []string
	sources
}

func (f *runFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.plugins, "plugin", nil, "plugin file that the run needs and that was never used on this machine (may be repeated)")
	f.sources.add(c)
}

// sources say where operations may come from during a search.
type sources struct {
	watch  []string
	follow bool
}

func (s *sources) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.watch, "watch", nil, "folder in which plugins and pool files may come up (may be repeated)")
	c.Flags().BoolVar(&s.follow, "follow", false, "wait for operations to come when no more are pending, instead of ending")
}
