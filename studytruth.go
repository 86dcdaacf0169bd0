package nse

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/study"
	"github.com/nse-dev/nse/internal/truth"
)

// tableOfStudy searches after the table of true accuracies whose recipe is at rest. Behind an @ stands Kendall's τ
// between what shared weights show and the table; without it they show no noise. A search takes seconds, so that it is
// begun anew after a kill.
func tableOfStudy(rest string, f *study.File) (engineOfStudy, error) {
	path, noise, noisy := strings.Cut(rest, "@")
	tau := 1.
	if noisy {
		var err error
		if tau, err = strconv.ParseFloat(noise, 64); err != nil || !(tau > 0 && tau <= 1) {
			return engineOfStudy{}, f.Errorf("engine", "engine %q: want τ more than 0 and at most 1 behind the @",
				f.Engine)
		}
	}
	if path == "" {
		return engineOfStudy{}, f.Errorf("engine", "engine %q: want table:RECIPE, the path of a recipe", f.Engine)
	}
	surrogate, table, err := surrogateAt(path)
	if err != nil {
		return engineOfStudy{}, f.Errorf("engine", "%w", err)
	}
	name := filepath.Base(filepath.Dir(path))
	f.Data = []study.Data{{Name: name, Spec: "generated"}} // settings need a data set, which is not opened
	run := func(s *studying, ctx context.Context, i study.Item, settings Settings, row *StudyRow) error {
		e, err := truth.NewEngine(surrogate, settings, tau)
		if err != nil {
			return err
		}
		if settings.Search.TrainSteps == 0 {
			settings.Search.TrainSteps = settings.Train.Steps(table.Recipe.Images.Train)
		}
		began := time.Now()
		look := func(c *StudyCandidate, a evolve.Arch) (spent evolve.Ledger, err error) {
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
	return engineOfStudy{fmt.Appendf(nil, "table %s %g", table.Sum(), tau), run}, nil
}

// surrogateAt reads the table of a recipe and fits a surrogate to it.
func surrogateAt(recipe string) (*truth.Surrogate, *truth.Table, error) {
	r, c, err := truth.ReadRecipe(recipe, "")
	if err != nil {
		return nil, nil, err
	}
	pool := Pool{File: r.Pool}
	if r.Pool == "" {
		text, err := Pools.ReadFile("ops.toml")
		if err != nil {
			return nil, nil, err
		}
		pool.Text = string(text)
	}
	opened, _, err := pool.open(context.Background(), Options{}.serial())
	if err != nil {
		return nil, nil, err
	}
	defer opened.Close()
	table, err := truth.Read(context.Background(), filepath.Dir(recipe), r, c, opened.Ops)
	if err != nil {
		return nil, nil, err
	}
	surrogate, err := table.Surrogate()
	return surrogate, table, err
}
