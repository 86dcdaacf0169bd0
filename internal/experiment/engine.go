package experiment

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/study"
	"github.com/nse-dev/nse/supernet/config"
)

// engine is what the methods of a study search on, and how what they find is judged.
type engine struct {
	space []byte // what is searched, such as the text of the pool file: rows follow from it
	// run runs an item, or goes on with it, and adds to its row how the search ended, what it spent, and its candidates
	// with the accuracy that each really has.
	run func(s *studying, ctx context.Context, i study.Item, settings nse.Settings, row *study.Row) error
}

// engines makes the engines that a study file may name, from what follows the name's colon.
var engines = map[string]func(rest string, f *study.File) (engine, error){
	"nasbench201": nasbenchEngine,
	"supernet":    supernetEngine,
	"table":       tableEngine,
}

// engineOf makes the engine that a study file names.
func engineOf(f *study.File) (engine, error) {
	name, rest, _ := strings.Cut(f.Engine, ":")
	made, known := engines[name]
	if !known {
		return engine{}, f.Errorf("engine", "engine %q: want %s", f.Engine,
			strings.Join(slices.Sorted(maps.Keys(engines)), ", "))
	}
	for _, m := range f.Methods {
		if m.Second != "" && name != "supernet" {
			return engine{}, f.Errorf("engine", "engine %q has one pool, but method %s goes on with a second: want "+
				"supernet", f.Engine, m.Label)
		}
	}
	return made(rest, f)
}

// agreement reads Kendall's τ between what a search measures and the table that it looks up. What is measured has no
// noise where the name of the engine has no @.
func agreement(behind string, noisy bool, f *study.File) (float64, error) {
	if !noisy {
		return 1, nil
	}
	tau, err := strconv.ParseFloat(behind, 64)
	if err != nil || !(tau > 0 && tau <= 1) {
		return 0, f.Errorf("engine", "engine %q: want τ more than 0 and at most 1 behind the @", f.Engine)
	}
	return tau, nil
}

// lookUp searches a problem whose engine knows every accuracy. look completes a finalist, and says what its training
// costs.
func (s *studying) lookUp(
	ctx context.Context, p evolve.Problem, e evolve.Engine,
	look func(*study.Candidate, evolve.Arch) (evolve.Ledger, error),
	settings nse.Settings, row *study.Row,
) error {
	went := course{}
	search := evolve.Search{Problem: p, Config: settings.Search.Config, Seed: settings.Seed, Engine: e,
		Budget: settings.Budget, Observe: went.observe}
	var err error
	if search.Method, err = settings.Search.Chosen(); err != nil {
		return setting.In("search", err)
	}
	if err := config.CheckSearch(search); err != nil {
		return err
	}
	end, err := search.Run(ctx, evolve.State{})
	if err != nil {
		return err
	}
	row.Rounds, row.Reason, row.Ledger = end.Round, end.Reason, end.Spent
	parts := went.parts(search, s.file.From, s.file.Finalists)
	if s.file.From == study.LastFront {
		parts = []part{{members: slices.Clone(end.Front)}}
	}
	known := map[string]study.Candidate{} // by the keys of architectures
	for _, x := range parts {
		x.rank()
		left := s.file.Finalists
		for _, m := range x.members {
			if m.Cost > row.High || left == 0 {
				continue
			}
			macs := macsOf(m.Cost, evolve.MACs)
			c := study.Candidate{Part: x.Part, Finalist: true, Ops: namesOf(p, m.Arch), Cost: m.Cost, MACs: macs,
				Shared: m.Accuracy, Epochs: m.Epochs, TestMACs: macs}
			if same, there := known[m.Arch.Key()]; there {
				c.Test, c.TestEpochs = same.Test, same.TestEpochs
			} else {
				spent, err := look(&c, m.Arch)
				if err != nil {
					return err
				}
				row.Ledger = row.Ledger.Plus(spent)
				known[m.Arch.Key()] = c
			}
			row.Candidates = append(row.Candidates, c)
			left--
		}
	}
	return nil
}

// macsOf is a cost in MACs. It is 0 for one that is not in millions of MACs.
func macsOf(cost float64, kind evolve.CostKind) int64 {
	if kind == evolve.Latency {
		return 0
	}
	return int64(math.Round(1e6 * cost))
}

// namesOf are the operations of an architecture by layer.
func namesOf(p evolve.Problem, a evolve.Arch) (names [][]string) {
	for _, path := range a {
		layer := []string{}
		for _, op := range path {
			layer = append(layer, p.Pool[op].Name)
		}
		names = append(names, layer)
	}
	return names
}
