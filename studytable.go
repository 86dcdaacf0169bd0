package nse

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/nasbench"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/study"
)

// nasbenchOfStudy searches NAS-Bench-201 in the folder before the # of rest, on the data set behind it. Layers are
// pairs of edges. Behind an @ stands Kendall's τ between what is measured and the table, with shared weights and after
// search.alone.epochs of training alone. Without it there is no noise. A search takes seconds, so that it is begun anew
// after a kill.
func nasbenchOfStudy(rest string, f *study.File) (engineOfStudy, error) {
	dir, behind, found := strings.Cut(rest, "#")
	data, noise, noisy := strings.Cut(behind, "@")
	if !found || dir == "" {
		return engineOfStudy{}, f.Errorf("engine", "engine %q: want nasbench201:DIR#%s", f.Engine,
			nasbench.DataSets()[0])
	}
	problem, err := nasbench.Problem(nasbench.Pairs, nasbench.Data(data))
	if err != nil {
		return engineOfStudy{}, f.Errorf("engine", "engine %q: %w", f.Engine, err)
	}
	tau := 1.
	if noisy {
		if tau, err = strconv.ParseFloat(noise, 64); err != nil || !(tau > 0 && tau <= 1) {
			return engineOfStudy{}, f.Errorf("engine", "engine %q: want τ more than 0 and at most 1 behind the @",
				f.Engine)
		}
	}
	table, err := nasbench.Read(dir)
	if err != nil {
		return engineOfStudy{}, f.Errorf("engine", "%w", err)
	}
	f.Data = []study.Data{{Name: data, Spec: "generated"}} // settings need a data set, which is not opened
	run := func(s *studying, ctx context.Context, i study.Item, settings Settings, row *StudyRow) error {
		e, err := nasbench.New(table, nasbench.Config{Space: nasbench.Pairs, Data: nasbench.Data(data),
			Seed: settings.Seed, Tau: tau, Epochs: settings.Search.Alone.Epochs})
		if err != nil {
			return err
		}
		began := time.Now()
		look := func(c *StudyCandidate, a evolve.Arch) (evolve.Ledger, error) {
			test, err := e.Test(a)
			c.Test = &test
			return evolve.Ledger{}, err
		}
		if err := s.lookUp(ctx, problem, e, look, settings, row); err != nil {
			return s.file.Locate(i, err)
		}
		row.Seconds = time.Since(began).Round(time.Millisecond).Seconds()
		return nil
	}
	return engineOfStudy{fmt.Appendf(nil, "nasbench201 %s %g", data, tau), run}, nil
}

// lookUp searches a problem whose engine knows every accuracy. look completes a finalist, and says what its training
// costs.
func (s *studying) lookUp(
	ctx context.Context, p evolve.Problem, e evolve.Engine,
	look func(*StudyCandidate, evolve.Arch) (evolve.Ledger, error),
	settings Settings, row *StudyRow,
) error {
	search := evolve.Search{Problem: p, Config: settings.Search.Config, Seed: settings.Seed, Engine: e,
		Budget: settings.Budget}
	var err error
	if search.Method, err = settings.Search.Chosen(); err != nil {
		return setting.In("search", err)
	}
	if err := validSearch(search); err != nil {
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
		c := StudyCandidate{Finalist: true, Ops: namesOf(p, m.Arch), Cost: m.Cost, MACs: macs, Shared: m.Accuracy,
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
