package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/statistics"
	"github.com/nse-dev/nse/internal/truth"
)

// shownTable is what show prints as JSON.
type shownTable struct {
	truth.Summary
	Predictor []truth.Worth `json:"predictor"`
}

func tableShowVerb() *cobra.Command {
	var asJSON bool
	var numbers []int
	var draws int
	var seed uint64
	c := &cobra.Command{
		Use:   "show RECIPE",
		Short: "Tell what a table holds, and what ways to rank its architectures are worth",
		Long: `Tell what there is of a table, how accurate its architectures are, and how seeds spread beside
architectures. Rankings are compared with the true test accuracies: by Kendall's τ, and by the correlation given
MACs, both with 95 % intervals. The predictor of the method guided is fitted to some architectures, and ranks the
others. Its cost is counted in trainings for the last of the recipe's ends. No data set is needed.`,
		Example: `  nse table show examples/tables/cifar10-s/recipe.toml
  nse table show examples/tables/cifar10-s/recipe.toml --predict 30,120 --draws 20 --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if draws < 1 {
				return usageError{c.CommandPath(), fmt.Errorf("--draws %d: want 1 or more", draws)}
			}
			t, err := readTable(c, args[0])
			if err != nil {
				return err
			}
			shown := shownTable{Summary: t.Summary()}
			if shown.Predictor, err = t.Predict(numbers, draws, seed); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), shown)
			}
			return shown.print(c)
		},
	}
	c.Flags().IntSliceVar(&numbers, "predict", []int{20, 30, 60, 120}, "architectures that the predictor is fitted to")
	c.Flags().IntVar(&draws, "draws", 10, "how often these are drawn")
	c.Flags().Uint64Var(&seed, "seed", 1, "draws them")
	jsonFlag(c, &asJSON)
	return c
}

// readTable reads a table without its data set.
func readTable(c *cobra.Command, recipe string) (*truth.Table, error) {
	r, settings, err := truth.ReadRecipe(recipe, "")
	if err != nil {
		return nil, err
	}
	pool, err := openPool(c.Context(), r.Pool)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	return truth.Read(c.Context(), filepath.Dir(recipe), r, settings, pool.Ops)
}

// print prints one table after another.
func (s shownTable) print(c *cobra.Command) error {
	for i, rows := range [][]string{s.parts(), s.accuracies(), s.spread(), s.rankings(), s.predictors()} {
		if len(rows) < 2 {
			continue
		}
		if i > 0 {
			fmt.Fprintln(c.OutOrStdout())
		}
		if err := table(c.OutOrStdout(), rows); err != nil {
			return err
		}
	}
	return nil
}

// parts counts the trainings by part. Parts without any are counted in one row.
func (s shownTable) parts() []string {
	rows, none, missing := []string{"part\ttrainings\tmissing"}, 0, 0
	for _, p := range s.Parts {
		if p.Done == 0 {
			none, missing = none+1, missing+p.All
			continue
		}
		rows = append(rows, fmt.Sprintf("%d\t%d\t%d", p.Part, p.Done, p.All-p.Done))
	}
	if none > 0 {
		rows = append(rows, fmt.Sprintf("%d others\t0\t%d", none, missing))
	}
	return rows
}

func (s shownTable) accuracies() []string {
	rows := []string{"test accuracy\tarchitectures\tmean\tdeviation\tbest"}
	add := func(name string, g truth.Group) {
		if g.N > 0 {
			rows = append(rows, fmt.Sprintf("%s\t%d\t%.2f %%\t%.2f\t%.2f %%", name, g.N, 100*g.Mean, 100*g.Deviation,
				100*g.Best))
		}
	}
	for _, l := range s.Lengths {
		add(fmt.Sprintf("epochs: %d of %s", l.Epochs, l.Cycles), l.Group)
	}
	add("uniform stacks, all short cycles", s.Stacks)
	add("all others", s.Others)
	return rows
}

// spread compares seeds with architectures.
func (s shownTable) spread() []string {
	if s.Seeds == nil {
		return nil
	}
	two := "–"
	if s.Seeds.Two != nil {
		two = correlated(*s.Seeds.Two)
	}
	return []string{"spread of seeds\tof architectures\trepeated\tτ of two seeds\tgreatest τ of any ranking",
		fmt.Sprintf("%.2f\t%.2f\t%d\t%s\t%.3f", 100*s.Seeds.Within, 100*s.Seeds.Between, s.Seeds.Architectures, two,
			s.Seeds.Ceiling)}
}

func correlated(c statistics.Correlation) string {
	return fmt.Sprintf("%.3f (%.3f to %.3f)", c.Tau, c.Low, c.High)
}

func (s shownTable) rankings() []string {
	rows := []string{"ranked by\tarchitectures\tτ, 95 %\tr given MACs, 95 %"}
	for _, r := range s.Rankings {
		partial := "–"
		if p := r.Partial; p != nil {
			partial = fmt.Sprintf("%.3f (%.3f to %.3f)", p.R, p.Low, p.High)
		}
		rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%s", r.By, r.Correlation.N, correlated(r.Correlation), partial))
	}
	return rows
}

func (s shownTable) predictors() []string {
	rows := []string{"predictor fitted to\tarchitectures\tcost\tranked\tτ\tr given MACs"}
	for _, w := range s.Predictor {
		rows = append(rows, fmt.Sprintf("%s\t%d\t%.1f\t%d\t%.3f (%.2f to %.2f)\t%.3f", w.Plan, w.N, w.Cost, w.Test,
			w.Tau, w.Low, w.High, w.R))
	}
	return rows
}
