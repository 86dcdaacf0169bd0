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
	"github.com/nse-dev/nse/supernet"
)

// Resume goes on with a search that was stopped or killed, from its last checkpoint. It returns when the search has
// ended, with the run open for reading: the caller closes it. Events, front and weights are, to the bit, those of a
// search that was never stopped. For a search that has ended, Resume only writes the files anew that are missing.
//
// The settings and the pools are those that the run keeps. Options are not kept: an engine, an input and operations of
// the program have to be given again. Errors are as those of Start. A folder without a run is ErrNoRun, and a run that
// another process or call has open for writing is ErrInUse.
func Resume(ctx context.Context, dir string, o Options) (*Run, error) {
	o = o.serial()
	p, err := openPast(dir)
	if err != nil {
		return nil, err
	}
	defer p.run.Close()
	if err := o.admit(); err != nil {
		return nil, err
	}
	if p.last.Done {
		return conclude(ctx, p.run, p.settings, o)
	}
	s, opened, err := p.reopen(ctx, o, p.state, nil)
	defer opened.Close()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if s.watch, err = arrivals.WatchAgain(p.run, o.sources(), o.warn); err != nil {
		return nil, err
	}
	return s.follow(ctx, p.run)
}

// past is a run that a search goes on with.
type past struct {
	run      *runs.Run
	settings Settings
	seed     uint64 // of everything random but the data
	last     runs.Checkpoint
	state    evolve.State // of last
}

// openPast opens the run in dir for writing. Close the run after use.
func openPast(dir string) (p past, err error) {
	if p.run, err = runs.Open(dir, time.Now); err != nil {
		return p, err
	}
	if p.settings, err = p.run.Settings(); err == nil {
		p.seed = p.settings.Seed
		p.last, p.state, err = p.run.State()
	}
	if err != nil {
		p.run.Close()
	}
	return p, err
}

// reopen prepares the search from what the run keeps, with its engine as at the last checkpoint. It starts the plugins
// of operations that run in them and that used still uses. grow adds operations to those known. A nil grow adds none.
// Close the pools after use, also after an error.
func (p past) reopen(
	ctx context.Context, o Options, used evolve.State, grow func(c *catalog.Catalog, known runs.Ops) error,
) (s *search, opened catalog.Pools, err error) {
	layOut := func(k supernet.Skeleton, price catalog.Pricing) (c *catalog.Catalog, err error) {
		known, err := p.run.Ops()
		if err != nil {
			return nil, err
		}
		if c, err = catalog.Recalled(p.run, known, k, price); err != nil {
			return nil, err
		}
		if opened, err = c.Attach(ctx, p.run, known, used, o.plugins(nil)); err == nil && grow != nil {
			err = grow(c, known)
		}
		return c, err
	}
	if s, err = prepare(ctx, p.settings, p.seed, o, layOut); err != nil {
		return nil, opened, err
	}
	s.state = p.state
	if err = p.restore(s); err != nil {
		s.Close()
		return nil, opened, err
	}
	return s, opened, nil
}

// restore puts the engine into the condition of the last checkpoint.
func (p past) restore(s *search) error {
	if s.input != p.run.Info.Image {
		return fmt.Errorf("%s: the data set %s has changed since the run was started", p.run.Dir, p.settings.Data.Spec)
	}
	if err := same(p.run, s.source.Set); err != nil {
		return err
	}
	if p.last.Weights == "" {
		return nil
	}
	return s.weights.restore(filepath.Join(p.run.Dir, p.last.Weights))
}
