package nse

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/arrivals"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// AddOps gives a search more operations, also while it runs in this process or another. They are built at every layer
// of the run's network now, to find errors early. From the next replenishment on they wait at the end of every layer's
// pending list, or at its beginning by Pool.First. AddOps returns the names of those that are new to the run, and does
// not wait for the search to take them.
//
// Operations that are Go values have to be among Options.Ops of the call that searches. A folder without a run is
// ErrNoRun, and a search that has ended is ErrFinished. A pool without a new operation is an error,
// and so is one that waits already.
func AddOps(ctx context.Context, dir string, pool Pool, o Options) (names []string, err error) {
	r, err := runs.Read(dir)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if last, err := r.Last(); err != nil {
		return nil, err
	} else if last.Done {
		return nil, fmt.Errorf("%s %w: go on with nse continue %s --pool FILE", dir, ErrFinished, text.Shell(dir))
	}
	if err := o.admit(); err != nil {
		return nil, err
	}
	p, err := pool.describe(ctx, o)
	if err != nil {
		return nil, err
	}
	if names, err = newOps(ctx, r, p, o.plugins(pool.Ops)); err != nil {
		return nil, err
	}
	if source, waits := arrivals.Waiting(r.Dir, p); waits {
		return nil, fmt.Errorf("%s: its inbox has %s already, as %s: it joins at the next replenishment", r.Dir,
			p.Source, source)
	}
	p.First = pool.First
	_, err = arrivals.Leave(r.Dir, p)
	return names, err
}

// describe is what a run would keep of the pool. It starts a plugin only where one is named in place of a pool file.
func (p Pool) describe(ctx context.Context, o Options) (d runs.Pool, err error) {
	if p.File == "" {
		d = runs.Pool{Source: programPool, Text: []byte(p.Text)}
		d.Dir, err = filepath.Abs(".")
	} else if d, err = arrivals.Describe(ctx, p.File, o.plugins(nil)); err != nil {
		err = fmt.Errorf("%s: %w", p.File, err)
	}
	d.Text = registry.WithOps(d.Text, p.Ops...)
	return d, err
}

// newOps builds the operations of a pool at every layer of a run and lists those that it does not know.
func newOps(ctx context.Context, r *runs.Run, p runs.Pool, o registry.Options) (names []string, err error) {
	settings, err := r.Config()
	if err != nil {
		return nil, err
	}
	if !settings.Search.Continues() {
		return nil, fmt.Errorf("%s is a search by method %s: only one by %s or %s takes operations while it searches",
			r.Dir, settings.Search.Method, methods.NSE, methods.Guided)
	}
	skeleton, err := settings.Macro.Skeleton(r.Info.Image)
	if err != nil {
		return nil, err
	}
	ops, err := r.Ops()
	if err != nil {
		return nil, err
	}
	known := catalog.New(supernet.Skeleton{}, catalog.Pricing{})
	for _, op := range ops {
		known.Names = append(known.Names, op.Name)
	}
	o.Lock = p.Lock
	pool, err := registry.Parse(ctx, p.Source, p.Text, p.Dir, o)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	if _, err := catalog.LayOut(ctx, pool.Ops, skeleton, catalog.PricingOf(settings, r.Info.Image)); err != nil {
		return nil, err
	}
	for _, op := range known.Unknown(pool.Ops) {
		names = append(names, op.Name)
	}
	if len(names) == 0 {
		all := make([]string, len(pool.Ops))
		for i, op := range pool.Ops {
			all[i] = op.Name
		}
		return nil, fmt.Errorf("%s: the run knows all operations of %s already: %s", r.Dir, p.Source, arrivals.Few(all))
	}
	return names, nil
}
