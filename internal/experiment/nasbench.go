package experiment

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/nasbench"
	"github.com/nse-dev/nse/internal/study"
)

// nasbenchEngine searches NAS-Bench-201 in the folder before the # of rest, on the data set behind it. Layers are
// pairs of edges. Behind an @ stands Kendall's τ between what is measured and the table, with shared weights and after
// search.alone.epochs of training alone. Without it there is no noise. A search takes seconds, so that it is begun anew
// after a kill.
func nasbenchEngine(rest string, f *study.File) (engine, error) {
	dir, behind, found := strings.Cut(rest, "#")
	data, noise, noisy := strings.Cut(behind, "@")
	if !found || dir == "" {
		return engine{}, f.Errorf("engine", "engine %q: want nasbench201:DIR#%s", f.Engine,
			nasbench.DataSets()[0])
	}
	problem, err := nasbench.Problem(nasbench.Pairs, nasbench.Data(data))
	if err != nil {
		return engine{}, f.Errorf("engine", "engine %q: %w", f.Engine, err)
	}
	tau, err := agreement(noise, noisy, f)
	if err != nil {
		return engine{}, err
	}
	table, err := nasbench.Read(dir)
	if err != nil {
		return engine{}, f.Errorf("engine", "%w", err)
	}
	f.Data = []study.Data{{Name: data, Spec: "generated"}} // settings need a data set, which is not opened
	run := func(s *studying, ctx context.Context, i study.Item, settings nse.Settings, row *study.Row) error {
		e, err := nasbench.New(table, nasbench.Config{Space: nasbench.Pairs, Data: nasbench.Data(data),
			Seed: settings.Seed, Tau: tau, Epochs: settings.Search.Alone.Epochs})
		if err != nil {
			return err
		}
		began := time.Now()
		look := func(c *study.Candidate, a evolve.Arch) (evolve.Ledger, error) {
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
	return engine{fmt.Appendf(nil, "nasbench201 %s %g", data, tau), run}, nil
}
