package nse

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/arrivals"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// Continue goes on in a second pool with a search that has a front, whether it has ended or was stopped (section 2).
// Every layer keeps what the front uses and is filled up from a new shuffle of the second pool. The search makes at
// most maxRounds rounds with that pool. With 0 the run's setting stays as it was.
//
// Continue returns when the search has ended, with the run open for reading: the caller closes it. Errors are as those
// of Resume, and a run without a front is ErrNoFront. A search that is cancelled here goes on with Resume.
func Continue(ctx context.Context, dir string, pool Pool, maxRounds int, o Options) (*Run, error) {
	o = o.serial()
	r, err := runs.Open(dir, time.Now)
	if err != nil {
		return nil, err
	}
	last, state, err := r.State()
	if err == nil {
		err = hasFront(dir, last, state)
	}
	if err == nil {
		err = o.admit()
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	opened, second, err := pool.open(ctx, o)
	if err != nil {
		r.Close()
		return nil, err
	}
	defer opened.Close()
	s, attached, err := continued(ctx, r, opened.Ops, maxRounds, reopening{last: last, state: state}, o)
	defer attached.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	defer s.Close()
	s.pool = pool
	s.prepared()
	if err := s.join(r, second, opened); err != nil {
		r.Close()
		return nil, err
	}
	return s.follow(ctx, r)
}

// hasFront refuses a run that has nothing for a second pool to begin with.
func hasFront(dir string, last runs.Checkpoint, state evolve.State) error {
	switch {
	case len(state.Front) > 0:
		return nil
	case last.Done:
		return noFront(dir + " ended without a front to go on from: " + state.Reason)
	}
	return noFront(fmt.Sprintf("%s has no front to go on from: go on with nse resume %s until it has one", dir, dir))
}

// continued is the search of a run with the operations of a second pool besides its own. Of from it takes the
// checkpoint and the state, and fills in the rest. Close the pools after use, also after an error.
func continued(
	ctx context.Context, r *runs.Run, ops []registry.Op, maxRounds int, from reopening, o Options,
) (s *search, opened catalog.Pools, err error) {
	if from.settings, err = r.Settings(); err != nil {
		return nil, nil, err
	}
	if maxRounds > 0 {
		from.settings.Search.MaxRounds = maxRounds
	}
	from.used = evolve.State{Round: 1, Front: from.state.Front} // no other operation of before is used again
	from.grow = func(c *catalog.Catalog, known runs.Ops) error { return c.Join(ctx, known, ops) }
	s, opened, err = reopen(ctx, r, from, o)
	if err == nil {
		s.second = s.catalog.IDs(ops)
	}
	return s, opened, err
}

// join adds the second pool to the run, and watches what its file and the options name.
func (s *search) join(r *runs.Run, p runs.Pool, opened *registry.Pool) (err error) {
	p.Number, p.Kind, p.Round, p.MaxRounds = r.NextPool(), runs.Second, s.state.Round+1, s.Config.MaxRounds
	if s.watch, err = arrivals.WatchFrom(p, opened.Watch, s.options.sources(), s.options.warn); err != nil {
		return err
	}
	ops, err := s.catalog.Stored(opened.Ops, p.Number)
	if err != nil {
		return err
	}
	return r.AddPool(p, ops)
}

// AddOps gives a search more operations, also while it runs in this process or another. They are built at every layer
// of the run's network now, to find errors early. From the next replenishment on they wait at the end of every layer's
// pending list. AddOps returns the names of those that are new to the run, and does not wait for the search to take
// them.
//
// Operations that are Go values have to be among Options.Ops of the call that searches. A folder without a run is
// ErrNoRun, and a search that has ended is ErrFinished. A pool without a new operation is an error.
func AddOps(ctx context.Context, dir string, pool Pool, o Options) (names []string, err error) {
	r, err := runs.Read(dir)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if last, err := r.Last(); err != nil {
		return nil, err
	} else if last.Done {
		return nil, fmt.Errorf("%s %w: go on with nse continue %s --pool FILE", dir, ErrFinished, dir)
	}
	p, err := pool.describe(ctx, o)
	if err != nil {
		return nil, err
	}
	if names, err = newOps(ctx, r, p, o.plugins(pool.Ops)); err != nil {
		return nil, err
	}
	_, err = arrivals.Leave(r.Dir, p)
	return names, err
}

// describe is what a run would keep of the pool. It starts a plugin only where one is named in place of a pool file.
func (p Pool) describe(ctx context.Context, o Options) (d runs.Pool, err error) {
	if p.File == "" {
		d = runs.Pool{Source: programPool}
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
		return nil, fmt.Errorf("%s: the run knows all operations of %s already", r.Dir, p.Source)
	}
	return names, nil
}
