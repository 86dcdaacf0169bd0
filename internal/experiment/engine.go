package experiment

import (
	"cmp"
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
	search := evolve.Search{Problem: p, Config: settings.Search.Config, Seed: settings.Seed, Engine: e,
		Budget: settings.Budget}
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
	front := slices.Clone(end.Front)
	slices.SortStableFunc(front, func(a, b evolve.Member) int { return cmp.Compare(b.Accuracy, a.Accuracy) })
	for _, m := range front {
		if m.Cost > row.High || len(row.Candidates) == s.file.Finalists {
			continue
		}
		macs := int64(math.Round(1e6 * m.Cost))
		c := study.Candidate{Finalist: true, Ops: namesOf(p, m.Arch), Cost: m.Cost, MACs: macs, Shared: m.Accuracy,
			Epochs: m.Epochs, TestMACs: macs}
		spent, err := look(&c, m.Arch)
		if err != nil {
			return err
		}
		row.Ledger = row.Ledger.Plus(spent)
		row.Candidates = append(row.Candidates, c)
	}
	return nil
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
