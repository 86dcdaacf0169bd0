package ending

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/workshop"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// stage is an ending with the operations of its run.
type stage struct {
	Ending
	ops     runs.Ops
	catalog *catalog.Catalog
	spent   evolve.Ledger
}

// contender is an architecture that is to be trained, with the name of its folder.
type contender struct {
	name string
	arch evolve.Arch
}

// open reads the operations as the run keeps them.
func (e Ending) open() (*stage, error) {
	s := &stage{Ending: e}
	skeleton, err := e.Config.Macro.Skeleton(e.Run.Info.Image)
	if err != nil {
		return nil, err
	}
	if s.ops, err = e.Run.Ops(); err != nil {
		return nil, err
	}
	s.catalog, err = catalog.Recalled(e.Run, s.ops, skeleton, catalog.PricingOf(e.Config, e.Run.Info.Image))
	return s, err
}

// arch is an architecture of the run by the names of its operations.
func (s *stage) arch(names [][]string) (evolve.Arch, error) {
	a := make(evolve.Arch, len(names))
	for l, path := range names {
		for _, name := range path {
			id := slices.Index(s.catalog.Names, name)
			if id < 0 {
				return nil, fmt.Errorf("%s: the run has no operation %q", s.Run.Dir, name)
			}
			a[l] = append(a[l], evolve.OpID(id))
		}
	}
	return a, nil
}

// quarantined lists the operations that could not be run any more.
func (s *stage) quarantined() (list evolve.Path, err error) {
	events, err := s.Run.Events(evolve.Quarantined{}.Kind())
	for _, e := range events {
		var q evolve.Quarantined
		if err := json.Unmarshal(e.Body, &q); err != nil {
			return nil, err
		}
		list = append(list, q.Op)
	}
	return list, err
}

// best chooses one of a list, and trains it on all training images.
func (s *stage) best(ctx context.Context, of string, list []contender) (best contender, m *modelfile.Model, err error) {
	var used evolve.State // as the search would say it
	for _, c := range list {
		used.Round, used.Front = 1, append(used.Front, evolve.Member{Arch: c.arch})
	}
	opened, err := s.catalog.Attach(ctx, s.Run, s.ops, used, s.Plugins)
	if err != nil {
		return best, nil, err
	}
	defer opened.Close()
	best = list[0]
	if len(list) > 1 {
		if best, err = s.choose(ctx, of, list); err != nil {
			return best, nil, err
		}
	}
	s.Say(fmt.Sprintf("training the best %s, %s, on all %d training images", of, best.name, s.Workshop.Set.Train.Len()))
	done, err := s.train(ctx, s.Workshop, []contender{best})
	if err != nil {
		return best, nil, err
	}
	return best, done[0].Model, nil
}

// train trains architectures in a workshop, and counts what that took.
func (s *stage) train(ctx context.Context, w workshop.Workshop, list []contender) ([]workshop.Finished, error) {
	var plans []architecture.Plan
	for _, c := range list {
		plans = append(plans, s.plan(c))
	}
	done, err := w.Train(ctx, plans)
	for _, d := range done {
		t := d.Model.Training
		s.spent = s.spent.Plus(evolve.Ledger{TrainImages: t.TrainImages, Alone: t.MACs})
	}
	return done, err
}

// plan is an architecture with what it takes to build it.
func (s *stage) plan(c contender) architecture.Plan {
	p := architecture.Plan{Name: c.name, Macro: s.Config.Macro, Input: s.Run.Info.Image, Skeleton: s.catalog.Skeleton}
	for l, path := range c.arch {
		ops, graphs := make([]registry.Op, len(path)), make([]*sdk.Graph, len(path))
		for i, id := range path {
			o := s.ops[id]
			ops[i] = registry.Op{Name: o.Name, Family: o.Plugin, Plugin: registry.Plugin{SHA256: o.Checksum}}
			graphs[i] = s.catalog.Graphs[l][id]
		}
		p.Ops, p.Graphs = append(p.Ops, ops), append(p.Graphs, graphs)
	}
	return p
}
