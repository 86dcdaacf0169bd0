// Package catalog lays the operations of a pool out on a macro-architecture: what each one is, and what it costs, at
// every layer. A search and its engine see a pool as its catalog.
package catalog

import (
	"context"
	"fmt"
	"slices"

	"github.com/sourcegraph/conc/pool"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// Catalog is every operation's graph and cost at every layer. Plugins are needed afterwards only for operations that
// run in them. Calls come from one goroutine, but for Build.
type Catalog struct {
	supernet.Skeleton
	Base   float64        // cost of stem and head, in the unit of the pricing
	Names  []string       // of operations, by id
	Graphs [][]*sdk.Graph // by layer and id

	costs   [][]float64 // by layer and id, in the unit of the pricing
	pricing Pricing
	fits    func(what string, g *sdk.Graph) error // see Within; nil without a bound
}

// New is a catalog without operations. Its Base is not known: LayOut and Recalled set it.
func New(s supernet.Skeleton, p Pricing) *Catalog {
	return &Catalog{Skeleton: s, pricing: p, Graphs: make([][]*sdk.Graph, len(s.Layers)),
		costs: make([][]float64, len(s.Layers))}
}

// LayOut builds every operation at every layer, and asks the plugins of ops for that. Ids are the places in ops. An
// operation that is impossible at some layer is an error.
func LayOut(ctx context.Context, ops []registry.Op, s supernet.Skeleton, p Pricing) (c *Catalog, err error) {
	c = New(s, p)
	if c.Base, err = p.fixed(s); err != nil {
		return nil, err
	}
	return c, c.add(ctx, ops)
}

// Laid is operations that are built at every layer and priced, but have no ids yet.
type Laid struct {
	Ops    []registry.Op
	graphs [][]*sdk.Graph // by layer and operation
	costs  [][]float64    // by layer and operation
}

// Lay builds operations at every layer. It reads nothing of the catalog that Append and Truncate change, so that it may
// run beside the search.
func (c *Catalog) Lay(ctx context.Context, ops []registry.Op) (x Laid, err error) {
	x.Ops = ops
	if x.graphs, err = graphsOf(ctx, ops, c.Layers); err != nil {
		return x, err
	}
	if c.fits != nil {
		for l, graphs := range x.graphs {
			for i, g := range graphs {
				if err := c.fits(operationAt(ops[i].Name, l), g); err != nil {
					return x, fmt.Errorf("%s: %w", ops[i].Where, err)
				}
			}
		}
	}
	x.costs, err = c.pricing.of(ops, x.graphs)
	return x, err
}

// add gives operations the next ids. On error the catalog is as it was.
func (c *Catalog) add(ctx context.Context, ops []registry.Op) error {
	x, err := c.Lay(ctx, ops)
	if err == nil {
		c.Append(x)
	}
	return err
}

// Append gives operations the next ids, in their order. The catalog owns their graphs from then on.
func (c *Catalog) Append(x Laid) {
	for _, op := range x.Ops {
		c.Names = append(c.Names, op.Name)
	}
	for l := range c.Layers {
		c.Graphs[l] = append(c.Graphs[l], x.graphs[l]...)
		c.costs[l] = append(c.costs[l], x.costs[l]...)
	}
}

// Truncate removes the operations from an id on.
func (c *Catalog) Truncate(id int) {
	c.Names = c.Names[:id]
	for l := range c.Layers {
		c.Graphs[l], c.costs[l] = c.Graphs[l][:id], c.costs[l][:id]
	}
}

// Add gives an operation of a name its graph at a layer, and returns its id: the next one if the name is new. It is for
// catalogs of single architectures, which have no costs and no graphs where the operation is not used.
func (c *Catalog) Add(layer int, name string, g *sdk.Graph) evolve.OpID {
	id := slices.Index(c.Names, name)
	if id < 0 {
		id = len(c.Names)
		c.Names = append(c.Names, name)
		for l := range c.Graphs {
			c.Graphs[l] = append(c.Graphs[l], nil)
		}
	}
	c.Graphs[layer][id] = g
	return evolve.OpID(id)
}

// graphsOf asks for operations at layers, 8 at a time. Graphs are by layer and operation.
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

// Problem is what a search sees of the catalog: layers, costs, and the pool in the order of ids.
func (c *Catalog) Problem() evolve.Problem {
	p := evolve.Problem{Fixed: c.Base, Pool: c.Candidates(0)}
	for _, l := range c.Layers {
		p.Normal = append(p.Normal, l.Normal())
	}
	return p
}

// Candidates lists the operations from an id on.
func (c *Catalog) Candidates(from int) (list []evolve.Candidate) {
	for i, name := range c.Names[from:] {
		x := evolve.Candidate{Name: name}
		for l := range c.Layers {
			x.Cost = append(x.Cost, c.costs[l][from+i])
			x.Params = append(x.Params, float64(c.Graphs[l][from+i].Count().Params))
			x.Forms = append(x.Forms, form(c.Graphs[l][from+i]))
		}
		list = append(list, x)
	}
	return list
}

// Build is the engine's source of graphs (supernet.Builder). The graph stays the catalog's.
func (c *Catalog) Build(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
	if int(op) >= len(c.Names) {
		return nil, fmt.Errorf("operation %d is not in the pool, which has %d", op, len(c.Names))
	}
	return c.Graphs[l.Index][op], nil
}

// Count counts an architecture with its stem and head: parameters, and MACs for one image.
func (c *Catalog) Count(a evolve.Arch) sdk.Count {
	n := c.Fixed()
	for l, path := range a {
		for _, id := range path {
			n = n.Plus(c.Graphs[l][id].Count())
		}
	}
	return n
}

// NamesOf lists the names of operations by layer. A layer without any has an empty list, never null in JSON.
func (c *Catalog) NamesOf(paths []evolve.Path) [][]string {
	names := make([][]string, len(paths))
	for l, path := range paths {
		names[l] = []string{}
		for _, id := range path {
			names[l] = append(names[l], c.Names[id])
		}
	}
	return names
}

// IDs are the ids of operations by their names. The catalog has to have all of them.
func (c *Catalog) IDs(ops []registry.Op) []evolve.OpID {
	list := make([]evolve.OpID, len(ops))
	for i, op := range ops {
		list[i] = evolve.OpID(slices.Index(c.Names, op.Name))
	}
	return list
}

// Unknown lists the operations whose names the catalog does not have.
func (c *Catalog) Unknown(ops []registry.Op) []registry.Op {
	known := func(op registry.Op) bool { return slices.Contains(c.Names, op.Name) }
	return slices.DeleteFunc(slices.Clone(ops), known)
}
