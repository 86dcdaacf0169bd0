package main

import (
	"context"
	"fmt"

	"github.com/sourcegraph/conc/pool"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// network is a pool laid out on a macro-architecture: every operation's graph at every layer. Once it is there, plugins
// are needed for operations that run in them only.
type network struct {
	supernet.Skeleton
	names  []string       // of operations, by id
	graphs [][]*sdk.Graph // by layer and id
}

// layOut asks the plugins for every operation at every layer.
func layOut(ctx context.Context, ops []registry.Op, s supernet.Skeleton) (*network, error) {
	n := &network{Skeleton: s, graphs: make([][]*sdk.Graph, len(s.Layers))}
	return n, n.add(ctx, ops)
}

// add gives operations the next ids. On error the network is as it was.
func (n *network) add(ctx context.Context, ops []registry.Op) error {
	graphs, err := graphsOf(ctx, ops, n.Layers)
	if err != nil {
		return err
	}
	n.append(ops, graphs)
	return nil
}

// append gives operations, with their graphs by layer, the next ids.
func (n *network) append(ops []registry.Op, graphs [][]*sdk.Graph) {
	for _, op := range ops {
		n.names = append(n.names, op.Name)
	}
	for l := range n.graphs {
		n.graphs[l] = append(n.graphs[l], graphs[l]...)
	}
}

// truncate takes the operations from an id on away.
func (n *network) truncate(id int) {
	n.names = n.names[:id]
	for l := range n.graphs {
		n.graphs[l] = n.graphs[l][:id]
	}
}

// graphsOf asks for operations at layers: graphs by layer and operation.
func graphsOf(ctx context.Context, ops []registry.Op, layers []sdk.Layer) ([][]*sdk.Graph, error) {
	graphs := make([][]*sdk.Graph, len(layers))
	calls := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError().WithMaxGoroutines(8)
	for l, layer := range layers {
		graphs[l] = make([]*sdk.Graph, len(ops))
		for i, op := range ops {
			calls.Go(func(ctx context.Context) error {
				g, err := op.Graph(ctx, layer)
				graphs[l][i] = g
				return err
			})
		}
	}
	return graphs, calls.Wait()
}

// problem is what a search sees of the network.
func (n *network) problem() evolve.Problem {
	p := evolve.Problem{Fixed: millions(n.Fixed().MACs), Pool: n.candidates(0)}
	for _, l := range n.Layers {
		p.Normal = append(p.Normal, l.Normal())
	}
	return p
}

// candidates lists the operations from an id on, with millions of MACs as cost.
func (n *network) candidates(from int) (list []evolve.Candidate) {
	for i, name := range n.names[from:] {
		c := evolve.Candidate{Name: name}
		for l := range n.Layers {
			c.Cost = append(c.Cost, millions(n.graphs[l][from+i].Count().MACs))
		}
		list = append(list, c)
	}
	return list
}

// build is the engine's source of graphs.
func (n *network) build(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
	if int(op) >= len(n.names) {
		return nil, fmt.Errorf("operation %d is not in the pool, which has %d", op, len(n.names))
	}
	return n.graphs[l.Index][op], nil
}

// count counts an architecture with its stem and head.
func (n *network) count(a evolve.Arch) sdk.Count {
	c := n.Fixed()
	for l, path := range a {
		for _, id := range path {
			c = c.Plus(n.graphs[l][id].Count())
		}
	}
	return c
}

// namesOf lists the names of operations by layer, never null in JSON.
func (n *network) namesOf(paths []evolve.Path) [][]string {
	names := make([][]string, len(paths))
	for l, path := range paths {
		names[l] = []string{}
		for _, id := range path {
			names[l] = append(names[l], n.names[id])
		}
	}
	return names
}

func millions(macs int64) float64 { return float64(macs) / 1e6 }
