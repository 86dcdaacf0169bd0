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
	r, err := s.search(ctx, i, settings)
	if err != nil {
		return err
	}
	defer r.Close()
	began := time.Now()
	finalists, err := finalistsOf(r, row)
	if err != nil {
		return err
	}
	trained := 0
	for _, c := range finalists {
		if trained == s.file.Finalists {
			break
		}
		model, err := s.retrain(ctx, r, c.name, settings)
		switch {
		case errors.Is(err, nse.ErrMissed):
			_, c.Problem, _ = strings.Cut(err.Error(), c.name+": ")
		case err != nil:
			return err
		default:
			t := model.Model.Training
			c.Finalist, c.Test, c.TestEpochs = true, &t.Test.Accuracy, t.Settings.Epochs
			c.TestMACs, c.TestParams = model.Model.Count.MACs, model.Model.Count.Params
			row.Ledger = row.Ledger.Plus(t.Settings.Spent(c.TestMACs, t.Images, t.TestImages))
			trained++
		}
		row.Candidates = append(row.Candidates, c.Candidate)
	}
	row.Seconds += time.Since(began).Round(time.Millisecond).Seconds()
	return nil
}

// retrain trains an architecture of a run's front by the recipe.
func (s *studying) retrain(ctx context.Context, r *nse.Run, name string, settings nse.Settings) (nse.Model, error) {
	t := nse.RetrainOptions{Pick: name, MACs: s.file.Recipe.MACs, Tolerance: s.file.Recipe.Tolerance,
		Settings: &settings, Out: filepath.Join(r.Dir, "models")}
	done, err := nse.Retrain(ctx, r.Dir, t, s.options)
	if err != nil {
		return nse.Model{}, err
	}
	return done[0], nil
}

// finalist is a candidate with its name on the front.
type finalist struct {
	study.Candidate
	name string
}

// finalistsOf adds to a row how a search ended, and lists its front: the most accurate first, of equal ones the
// cheapest. What costs more than the constraint interval is left out. A search without a front has none.
func finalistsOf(r *nse.Run, row *study.Row) (list []finalist, err error) {
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
	front, err := r.Front()
	if errors.Is(err, nse.ErrNoFront) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for n, a := range front.Architectures {
		if a.Cost <= row.High {
			c := study.Candidate{Ops: a.Ops, Cost: a.Cost, MACs: a.MACs, Params: a.Params, Shared: a.Accuracy}
			if n < len(state.Front) {
				c.Epochs = state.Front[n].Epochs
			}
			list = append(list, finalist{c, fmt.Sprintf("front-%d", n+1)})
		}
	}
	slices.SortStableFunc(list, func(a, b finalist) int { return cmp.Compare(b.Shared, a.Shared) })
	return list, nil
}
