package experiment

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/study"
	"github.com/nse-dev/nse/internal/truth"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// tableEngine searches after the table of true accuracies whose recipe is at rest. Behind an @ stands Kendall's τ
// between what shared weights show and the table; without it they show no noise. A search takes seconds, so that it is
// begun anew after a kill.
func tableEngine(rest string, f *study.File) (engine, error) {
	path, noise, noisy := strings.Cut(rest, "@")
	tau, err := agreement(noise, noisy, f)
	if err != nil {
		return engine{}, err
	}
	if path == "" {
		return engine{}, f.Errorf("engine", "engine %q: want table:RECIPE, the path of a recipe", f.Engine)
	}
	table, err := truth.ReadAt(context.Background(), path, inProcess.Pool)
	if err != nil {
		return engine{}, f.Errorf("engine", "%w", err)
	}
	surrogate, err := table.Surrogate()
	if err != nil {
		return engine{}, f.Errorf("engine", "%w", err)
	}
	name := filepath.Base(filepath.Dir(path))
	f.Data = []study.Data{{Name: name, Spec: "generated"}} // settings need a data set, which is not opened
	run := func(s *studying, ctx context.Context, i study.Item, settings nse.Settings, row *study.Row) error {
		e, err := truth.NewEngine(surrogate, settings, tau)
		if err != nil {
			return err
		}
		if settings.Search.TrainSteps == 0 {
			settings.Search.TrainSteps = settings.Train.Steps(table.Recipe.Images.Train)
		}
		began := time.Now()
		look := func(c *study.Candidate, a evolve.Arch) (spent evolve.Ledger, err error) {
			var test float64
			test, c.TestEpochs, spent = e.Test(a)
			c.Test = &test
			return spent, nil
		}
		err = table.Covers(settings.Search.Constraint)
		if err == nil {
			err = s.lookUp(ctx, table.Problem(), e, look, settings, row)
		} else {
			err = setting.In("search", err)
		}
		if err != nil {
			return s.file.Locate(i, err)
		}
		row.Seconds = time.Since(began).Round(time.Millisecond).Seconds()
		return nil
	}
	return engine{fmt.Appendf(nil, "table %s %g", table.Sum(), tau), run}, nil
}

// inProcess opens pools whose operations that ship run in this process.
var inProcess = architecture.Opener{Shipped: nse.Pools, Plugins: registry.Options{
	InProcess: func(name string) (sdk.Op, bool) {
		op, err := plugins.Builtin(name)
		return op, err == nil
	}}}
