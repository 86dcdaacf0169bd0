package nse

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/arrivals"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// Start searches a pool of operations and keeps the run in dir. It returns when the search has ended, with the run open
// for reading: the caller closes it. The folder must be new or empty. An empty dir makes the next free folder under
// RunsFolder.
//
// A cancelled context stops the search at a checkpoint, and the error is a *Stopped: Resume goes on. A context that is
// cancelled before the search begins leaves no folder, and its error is no *Stopped. A setting that makes no sense is a
// *SettingError.
func Start(ctx context.Context, dir string, pool Pool, settings Settings, o Options) (*Run, error) {
	o = o.serial()
	if dir != "" {
		if err := runs.Free(dir); err != nil {
			return nil, err
		}
	}
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	opened, first, err := pool.open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	first.Kind, first.Round = runs.Start, 1
	s, err := prepare(settings, o, func(k supernet.Skeleton, p catalog.Pricing) (*catalog.Catalog, error) {
		return catalog.LayOut(ctx, opened.Ops, k, p)
	})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	s.pool = pool
	s.prepared()
	if s.watch, err = arrivals.WatchFrom(first, opened.Watch, o.sources(), o.warn); err != nil {
		return nil, err
	}
	r, err := s.create(dir, first, opened.Ops)
	if err != nil {
		return nil, err
	}
	return s.follow(ctx, r)
}

// create makes the run folder, with everything that resuming needs. The result is open for writing.
func (s *search) create(dir string, first runs.Pool, ops []registry.Op) (*runs.Run, error) {
	c := s.settings
	begin := runs.Beginning{Pool: first}
	var err error
	if c.Data.Spec, err = absolute(c.Data.Spec); err != nil {
		return nil, err
	}
	if constraint := &c.Search.Constraint; constraint.Kind == evolve.Latency {
		if begin.Table, err = file.ReadText(constraint.Table); err != nil {
			return nil, err
		}
		if constraint.Table, err = filepath.Abs(constraint.Table); err != nil {
			return nil, err
		}
	}
	if begin.Config, err = c.Encode(); err != nil {
		return nil, err
	}
	if begin.Ops, err = s.catalog.Stored(ops, first.Number); err != nil {
		return nil, err
	}
	begin.Info = runs.Info{Seed: c.Seed, Version: Version(), Preset: c.Preset, Data: c.Data.Spec, Image: s.input,
		Fixed: s.catalog.Base, ConfigHash: file.Sum(begin.Config)}
	if dir == "" {
		if dir, err = runs.Next(RunsFolder); err != nil {
			return nil, err
		}
	}
	return runs.Create(dir, begin, time.Now)
}

// RunsFolder is the folder, in the working directory, under which Start numbers runs that are given no folder.
const RunsFolder = "runs"

// Resume goes on with a search that was stopped or killed, from its last checkpoint. It returns when the search has
// ended, with the run open for reading: the caller closes it. Events, front and weights are, to the bit, those of a
// search that was never stopped. For a search that has ended, Resume only writes the files anew that are missing.
//
// The settings and the pools are those that the run keeps. Options are not kept: an engine, an input and operations of
// the program have to be given again. Errors are as those of Start. A folder without a run is ErrNoRun, and a run that
// another process or call has open for writing is ErrInUse.
func Resume(ctx context.Context, dir string, o Options) (*Run, error) {
	o = o.serial()
	r, err := runs.Open(dir, time.Now)
	if err != nil {
		return nil, err
	}
	s, opened, err := resumed(ctx, r, o)
	defer opened.Close()
	if err != nil || s == nil {
		defer r.Close()
		if err != nil {
			return nil, err
		}
		return finish(r)
	}
	defer s.Close()
	if s.watch, err = arrivals.WatchAgain(r, o.sources(), o.warn); err != nil {
		r.Close()
		return nil, err
	}
	return s.follow(ctx, r)
}

// resumed is the search of a run. It is nil if the search has ended. Close the pools after use, also after an error.
func resumed(ctx context.Context, r *runs.Run, o Options) (*search, catalog.Pools, error) {
	settings, err := r.Settings()
	if err != nil {
		return nil, nil, err
	}
	last, state, err := r.State()
	if err != nil || last.Done {
		return nil, nil, err
	}
	if err := o.admit(); err != nil {
		return nil, nil, err
	}
	return reopen(ctx, r, reopening{settings: settings, last: last, state: state, used: state}, o)
}

// reopening says how the search of a run is prepared again.
type reopening struct {
	settings Settings
	last     runs.Checkpoint // the engine is restored as it was there
	state    evolve.State    // the search goes on from here
	used     evolve.State    // plugins are started for the operations of this state
	// grow adds operations to those that the run knows. nil adds none.
	grow func(c *catalog.Catalog, known runs.Ops) error
}

// reopen prepares the search of a run from what the run keeps. Only operations that run in their plugins need them
// started. Close the pools after use, also after an error.
func reopen(
	ctx context.Context, r *runs.Run, from reopening, o Options,
) (s *search, opened catalog.Pools, err error) {
	s, err = prepare(from.settings, o, func(k supernet.Skeleton, p catalog.Pricing) (c *catalog.Catalog, err error) {
		known, err := r.Ops()
		if err != nil {
			return nil, err
		}
		if c, err = catalog.Recalled(r, known, k, p); err != nil {
			return nil, err
		}
		if opened, err = c.Attach(ctx, r, known, from.used, o.plugins(nil)); err == nil && from.grow != nil {
			err = from.grow(c, known)
		}
		return c, err
	})
	if err != nil {
		return nil, opened, err
	}
	s.state = from.state
	if err = s.restore(r, from.last); err != nil {
		s.Close()
		return nil, opened, err
	}
	return s, opened, nil
}

// restore puts the engine into the condition of a run's last checkpoint.
func (s *search) restore(r *runs.Run, last runs.Checkpoint) error {
	if s.input != r.Info.Image {
		return fmt.Errorf("%s: the data set %s has changed since the run was started", r.Dir, s.settings.Data.Spec)
	}
	if last.Weights == "" {
		return nil
	}
	return s.weights.restore(filepath.Join(r.Dir, last.Weights))
}
