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

// Start searches a pool and keeps the run in dir, which must be new or empty, and returns the run at the end of the
// search. An empty dir makes the next free folder under runs/.
//
// A cancelled context stops the search at a checkpoint, and the error is a *Stopped. Cancelled before the search began,
// nothing is written, and the error is another. A setting that makes no sense is a *SettingError.
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

// create makes the run folder.
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
	begin.Info = runs.Info{Seed: c.Seed, Version: Version(), Preset: c.Preset, Data: c.Data.Spec, Image: s.input, Fixed: s.catalog.Base,
		ConfigHash: file.Sum(begin.Config)}
	if dir == "" {
		if dir, err = runs.Next(RunsFolder); err != nil {
			return nil, err
		}
	}
	return runs.Create(dir, begin, time.Now)
}

// RunsFolder is where runs come without another place.
const RunsFolder = "runs"

// Resume goes on with a search that was stopped or killed, from its last checkpoint, and returns the run at its end.
// Events, front and weights are, to the bit, those of a search that was never stopped. For a search that has ended it
// makes files anew that are missing. Errors are as those of Start; of a folder without a run it is ErrNoRun.
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

// resumed is the search of a run; nil if it has ended.
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
	return reopen(ctx, r, settings, o, last, state, state, nil)
}

// reopen prepares the search of a run from what the run keeps, in a state, with its engine as at the last checkpoint. It
// starts the plugins of operations that run in them and that used still uses. grow, if there is one, adds operations to
// those known. Close the pools after use, also after an error.
func reopen(ctx context.Context, r *runs.Run, settings Settings, o Options, last runs.Checkpoint, state, used evolve.State,
	grow func(c *catalog.Catalog, known runs.Ops) error) (s *search, opened catalog.Pools, err error) {
	s, err = prepare(settings, o, func(k supernet.Skeleton, p catalog.Pricing) (c *catalog.Catalog, err error) {
		known, err := r.Ops()
		if err != nil {
			return nil, err
		}
		if c, err = catalog.Recalled(r, known, k, p); err != nil {
			return nil, err
		}
		if opened, err = c.Attach(ctx, r, known, used, o.plugins(nil)); err == nil && grow != nil {
			err = grow(c, known)
		}
		return c, err
	})
	if err != nil {
		return nil, opened, err
	}
	s.state = state
	if err = s.restore(r, last); err != nil {
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
