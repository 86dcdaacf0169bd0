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
	price  pricing
	fixed  float64        // cost of stem and head
	names  []string       // of operations, by id
	graphs [][]*sdk.Graph // by layer and id
	costs  [][]float64    // by layer and id
}

// layOut asks the plugins for every operation at every layer.
func layOut(ctx context.Context, ops []registry.Op, s supernet.Skeleton, p pricing) (n *network, err error) {
	n = newNetwork(s, p)
	if n.fixed, err = p.fixed(s); err != nil {
		return nil, err
	}
	return n, n.add(ctx, ops)
}

// newNetwork is a network without operations.
func newNetwork(s supernet.Skeleton, p pricing) *network {
	return &network{Skeleton: s, price: p, graphs: make([][]*sdk.Graph, len(s.Layers)), costs: make([][]float64, len(s.Layers))}
}

// laid are operations that are built at every layer, with their costs: by layer and operation.
type laid struct {
	ops    []registry.Op
	graphs [][]*sdk.Graph
	costs  [][]float64
}

// lay builds operations at every layer.
func (n *network) lay(ctx context.Context, ops []registry.Op) (x laid, err error) {
	x.ops = ops
	if x.graphs, err = graphsOf(ctx, ops, n.Layers); err == nil {
		x.costs, err = n.price.of(ops, x.graphs)
	}
	return x, err
}

// add gives operations the next ids. On error the network is as it was.
func (n *network) add(ctx context.Context, ops []registry.Op) error {
	x, err := n.lay(ctx, ops)
	if err == nil {
		n.append(x)
	}
	return err
}

// append gives operations the next ids.
func (n *network) append(x laid) {
	for _, op := range x.ops {
		n.names = append(n.names, op.Name)
	}
	for l := range n.Layers {
		n.graphs[l] = append(n.graphs[l], x.graphs[l]...)
		n.costs[l] = append(n.costs[l], x.costs[l]...)
	}
}

// truncate takes the operations from an id on away.
func (n *network) truncate(id int) {
	n.names = n.names[:id]
	for l := range n.Layers {
		n.graphs[l], n.costs[l] = n.graphs[l][:id], n.costs[l][:id]
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
	p := evolve.Problem{Fixed: n.fixed, Pool: n.candidates(0)}
	for _, l := range n.Layers {
		p.Normal = append(p.Normal, l.Normal())
	}
	return p
}

// candidates lists the operations from an id on.
func (n *network) candidates(from int) (list []evolve.Candidate) {
	for i, name := range n.names[from:] {
		c := evolve.Candidate{Name: name}
		for l := range n.Layers {
			c.Cost = append(c.Cost, n.costs[l][from+i])
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
