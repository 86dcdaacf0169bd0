package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/progress"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/internal/truth"
)

// truthTable is the command line of table.
type truthTable struct {
	data    string
	part    int
	rows    int
	seed    uint64
	workers int
}

func tableVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:   "table",
		Short: "Make tables of true accuracies, against which ways to rank architectures are measured",
	}, tableRunVerb(), tableCheckVerb(), tableShowVerb())
}

func tableRunVerb() *cobra.Command {
	var t truthTable
	c := &cobra.Command{
		Use:   "run RECIPE",
		Short: "Train what a table lacks",
		Long: `Draw the architectures of a recipe and train each alone, some with several seeds and some for longer. The
table lies beside the recipe: architectures.csv, and a file for each part. Each training is written when it is done,
and the same command goes on after a kill. Parts may be made on different machines: their digits are the same.`,
		Example: `  nse table run examples/tables/cifar10-s/recipe.toml --data cifar10:DIR
  nse table run examples/tables/cifar10-s/recipe.toml --data cifar10:DIR --part 3`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return t.run(c, args[0]) },
	}
	t.flags(c)
	c.Flags().IntVar(&t.part, "part", 0, "make this part alone, from 1")
	return c
}

func tableCheckVerb() *cobra.Command {
	var t truthTable
	c := &cobra.Command{
		Use:     "check RECIPE",
		Short:   "Train some rows of a table again and compare every digit",
		Example: `  nse table check examples/tables/cifar10-s/recipe.toml --data cifar10:DIR --rows 10`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE:    func(c *cobra.Command, args []string) error { return t.check(c, args[0]) },
	}
	t.flags(c)
	c.Flags().IntVar(&t.rows, "rows", 10, "number of trainings")
	c.Flags().Uint64Var(&t.seed, "seed", 1, "draws them")
	return c
}

func (t *truthTable) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.data, "data", "", "data set, where it lies elsewhere than the configuration says")
	c.Flags().IntVar(&t.workers, "workers", 0, "cores to use (default: all)")
}

func (t *truthTable) open(ctx context.Context, recipe string) (*truth.Table, error) {
	return truth.OpenAt(ctx, recipe, t.data, t.workers, opener().Pool)
}

func (t *truthTable) run(c *cobra.Command, recipe string) error {
	ctx, stop := interruptible(c.Context())
	defer stop()
	opened, err := t.open(ctx, recipe)
	if ctx.Err() != nil {
		fmt.Fprintln(c.ErrOrStderr(), "stopped before any training")
		return errInterrupted
	}
	if err != nil {
		return err
	}
	first, last, err := opened.Recipe.PartsOf(t.part)
	if err != nil {
		return usageError{c.CommandPath(), fmt.Errorf("--part %w", err)}
	}
	p := progress.New(c.ErrOrStderr(), 0)
	defer p.Close()
	for part := first; part <= last; part++ {
		err := opened.Run(ctx, part, func(complete, all int, r truth.Row) {
			p.At(fmt.Sprintf("part %d", part), complete, all, r.Text())
		})
		if errors.Is(err, context.Canceled) {
			p.Aside("stopped; the same command goes on")
			return errInterrupted
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *truthTable) check(c *cobra.Command, recipe string) error {
	ctx, stop := interruptible(c.Context())
	defer stop()
	opened, err := t.open(ctx, recipe)
	if err != nil {
		return err
	}
	rows, differ, err := opened.CheckRows(ctx, t.rows, t.seed)
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	if err := text.Table(c.OutOrStdout(), rows); err != nil {
		return err
	}
	if differ > 0 {
		return fmt.Errorf("%d rows differ", differ)
	}
	return nil
}
