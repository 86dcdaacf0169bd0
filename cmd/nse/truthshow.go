package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/truth"
)

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
			t, err := truth.ReadAt(c.Context(), args[0], opener().Pool)
			if err != nil {
				return err
			}
			shown := truth.Shown{Summary: t.Summary()}
			if shown.Predictor, err = t.Predict(numbers, draws, seed); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), shown)
			}
			return shown.Write(c.OutOrStdout())
		},
	}
	c.Flags().IntSliceVar(&numbers, "predict", []int{20, 30, 60, 120}, "architectures that the predictor is fitted to")
	c.Flags().IntVar(&draws, "draws", 10, "how often these are drawn")
	c.Flags().Uint64Var(&seed, "seed", 1, "draws them")
	jsonFlag(c, &asJSON)
	return c
}
