package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/study"
)

// supernetEngine searches with the supernet on the data of the settings, and trains the finalists.
func supernetEngine(rest string, f *study.File) (engine, error) {
	switch {
	case rest != "":
		return engine{}, f.Errorf("engine", "engine %q: want supernet alone", f.Engine)
	case f.Pool == "":
		return engine{}, f.Errorf("pool", `no pool: want a file such as pool = "ops.toml"`)
	}
	text, err := file.ReadText(f.Pool)
	return engine{text, (*studying).train}, err
}

// train runs an item's search and trains its finalists alone, all by one recipe.
func (s *studying) train(ctx context.Context, i study.Item, settings nse.Settings, row *study.Row) error {
	r, err := s.searched(ctx, i, settings)
	if err != nil {
		return err
	}
	defer r.Close()
	began := time.Now()
	parts, err := s.finalistsOf(r, settings, row)
	if err != nil {
		return err
	}
	known := map[string]study.Candidate{} // by operations
	for _, list := range parts {
		left := s.file.Finalists
		for _, c := range list {
			if left == 0 {
				break
			}
			key := fmt.Sprint(c.Ops)
			if same, there := known[key]; there {
				c.as(same)
			} else if err := s.retrain(ctx, r, &c, settings, row); err != nil {
				return err
			}
			known[key] = c.Candidate
			row.Candidates = append(row.Candidates, c.Candidate)
			if c.Finalist {
				left--
			}
		}
	}
	row.Seconds += time.Since(began).Round(time.Millisecond).Seconds()
	return nil
}

// retrain trains a candidate by the recipe, and adds what that takes to the row. A candidate that cannot be scaled gets
// the problem instead.
func (s *studying) retrain(
	ctx context.Context, r *nse.Run, c *finalist, settings nse.Settings, row *study.Row,
) error {
	t := nse.RetrainOptions{Pick: c.name, Run: c.run, MACs: s.file.Recipe.MACs, Tolerance: s.file.Recipe.Tolerance,
		Settings: &settings, Out: filepath.Join(r.Dir, "models")}
	done, err := nse.Retrain(ctx, cmp.Or(c.file, r.Dir), t, s.options)
	if errors.Is(err, nse.ErrMissed) {
		_, c.Problem, _ = strings.Cut(err.Error(), c.name+": ")
		return nil
	}
	if err != nil {
		return err
	}
	model := done[0].Model
	c.Finalist, c.Test, c.TestEpochs = true, &model.Training.Test.Accuracy, model.Training.Settings.Epochs
	c.TestMACs, c.TestParams = model.Count.MACs, model.Count.Params
	trained := model.Training
	row.Ledger = row.Ledger.Plus(trained.Settings.Spent(c.TestMACs, trained.Images, trained.TestImages))
	return nil
}

// finalist is a candidate that can be trained by its name.
type finalist struct {
	study.Candidate
	name   string
	scored string // its name in the round that scored it
	file   string // that has the name; empty: the run
	run    string // that the file's architectures belong to
}

// as takes over what is known of an equal architecture. It is trained once.
func (c *finalist) as(same study.Candidate) {
	c.Finalist, c.Test, c.TestEpochs, c.Problem = same.Finalist, same.Test, same.TestEpochs, same.Problem
	c.TestMACs, c.TestParams = same.TestMACs, same.TestParams
}

// finalistsOf adds to a row how a search ended, and lists for each part what finalists are chosen from, in that order.
// On a front the most accurate are first, of equal ones the cheapest. What costs more than the constraint interval is
// left out. A search without a front has none.
func (s *studying) finalistsOf(r *nse.Run, settings nse.Settings, row *study.Row) (parts [][]finalist, err error) {
	kept, err := runs.Read(r.Dir)
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	_, state, err := kept.State()
	if err != nil {
		return nil, err
	}
	rounds, err := r.Rounds()
	if err != nil {
		return nil, err
	}
	for _, x := range rounds {
		if x.Done {
			row.Rounds++
		}
	}
	spent, err := r.Ledger()
	if err != nil {
		return nil, err
	}
	row.Reason, row.Ledger, row.Seconds = state.Reason, spent.Ledger, spent.Seconds
	if s.file.From == study.EverySpace {
		return drawn(kept, settings, 2*s.file.Finalists) // some may not be scaled
	}
	last, _ := runs.LastFront(rounds)
	only := s.file.From == study.LastFront
	for _, x := range rounds {
		if !x.Done || only && x.Round != last.Round {
			continue
		}
		front, err := kept.Front(x, settings.Search.Constraint.Kind.Unit())
		if err != nil {
			return nil, err
		}
		list := onFront(front.Architectures, row.High)
		for i := range list {
			if !only {
				list[i].Part, list[i].name = study.Part{Round: x.Round}, list[i].scored
			}
		}
		parts = append(parts, list)
	}
	return parts, nil
}

// onFront lists the architectures of a front that cost at most so much.
func onFront(front []nse.Architecture, high float64) (list []finalist) {
	for n, a := range front {
		if a.Cost <= high {
			c := study.Candidate{Ops: a.Ops, Cost: a.Cost, MACs: a.MACs, Params: a.Params, Shared: a.Accuracy,
				Epochs: a.Epochs}
			list = append(list, finalist{Candidate: c, name: fmt.Sprintf("front-%d", n+1), scored: a.Name()})
		}
	}
	slices.SortStableFunc(list, func(a, b finalist) int { return cmp.Compare(b.Shared, a.Shared) })
	return list
}
