package nse

import (
	"context"
	"fmt"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/arrivals"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
)

// Continue goes on in a second pool with a search that has a front, whether it has ended or was stopped (section 2).
// Every layer keeps what the front uses and is filled up from a new shuffle of the second pool. The search makes at
// most maxRounds rounds with that pool. With 0 the run's setting stays as it was.
//
// Continue returns when the search has ended, with the run open for reading: the caller closes it. Errors are as those
// of Resume, and a run without a front is ErrNoFront. A search that is cancelled here goes on with Resume.
func Continue(ctx context.Context, dir string, pool Pool, maxRounds int, o Options) (*Run, error) {
	o = o.serial()
	p, err := openPast(dir)
	if err != nil {
		return nil, err
	}
	defer p.run.Close()
	if maxRounds > 0 {
		p.settings.Search.MaxRounds = maxRounds
	}
	if err := p.hasFront(); err != nil {
		return nil, err
	}
	if err := o.admit(); err != nil {
		return nil, err
	}
	opened, second, err := pool.open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	front := evolve.State{Round: 1, Front: p.state.Front} // no other operation of before is used again
	s, attached, err := p.reopen(ctx, o, front, func(c *catalog.Catalog, known runs.Ops) error {
		return c.Join(ctx, known, opened.Ops)
	})
	defer attached.Close()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	s.pool, s.second = pool, s.catalog.IDs(opened.Ops)
	s.prepared()
	if err := s.join(p.run, second, opened); err != nil {
		return nil, err
	}
	return s.follow(ctx, p.run)
}

// hasFront refuses a run that has nothing for a second pool to begin with, or whose method cannot.
func (p past) hasFront() error {
	dir := p.run.Dir
	switch {
	case !p.settings.Search.Continues():
		return fmt.Errorf("%s is a search by method %s: only one by %s or %s can go on with another pool", dir,
			p.settings.Search.Method, methods.NSE, methods.Guided)
	case len(p.state.Front) > 0:
		return nil
	case p.last.Done:
		return runs.NoFront(dir + " ended without a front to go on from: " + p.state.Reason)
	}
	return runs.NoFront(fmt.Sprintf("%s has no front to go on from: go on with nse resume %s until it has one",
		dir, text.Shell(dir)))
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
