package nse

import (
	"context"
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
	s, err := plan(ctx, pool, settings, o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	s.prepared()
	if s.watch, err = arrivals.WatchFrom(s.first, s.opened.Watch, o.sources(), o.warn); err != nil {
		return nil, err
	}
	r, err := s.create(dir, s.first, s.opened.Ops)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return s.follow(ctx, r)
}

// Plan is what the settings become for a search of the pool on their data, as Start would keep them in the run. It
// refuses what Start refuses, trains nothing, and makes no folder.
func Plan(ctx context.Context, pool Pool, settings Settings, o Options) (Settings, error) {
	s, err := plan(ctx, pool, settings, o.serial())
	if err != nil {
		return settings, err
	}
	defer s.Close()
	return s.settings, nil
}

// planned is a search that may begin, with its pool.
type planned struct {
	*search
	opened *registry.Pool
	first  runs.Pool
}

// Close stops the engine and the plugins.
func (p planned) Close() {
	p.search.Close()
	p.opened.Close()
}

// plan opens the pool and prepares its search, with the engine's prices. Close it after use.
func plan(ctx context.Context, pool Pool, settings Settings, o Options) (p planned, err error) {
	if err := settings.Validate(); err != nil {
		return p, err
	}
	if err := o.admit(); err != nil {
		return p, err
	}
	if p.opened, p.first, err = pool.open(ctx, o); err != nil {
		return p, err
	}
	p.first.Kind, p.first.Round = runs.Start, 1
	layOut := func(k supernet.Skeleton, price catalog.Pricing) (*catalog.Catalog, error) {
		return catalog.LayOut(ctx, p.opened.Ops, k, price)
	}
	if p.search, err = prepare(ctx, settings, settings.Seed, o, layOut); err != nil {
		p.opened.Close()
		return p, err
	}
	if err = p.valid(); err == nil {
		err = p.CheckStart(ctx)
	}
	if err != nil {
		p.Close()
	}
	p.pool = pool
	return p, err
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
	if s.source.Set != nil {
		if begin.Images, err = s.source.Set.Index().Encode(); err != nil {
			return nil, err
		}
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
