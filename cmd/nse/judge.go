package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
)

// judging is the command line of judge.
type judging struct {
	nse.JudgeOptions
	plugins []string
	asJSON  bool
}

func judgeVerb() *cobra.Command {
	var j judging
	c := &cobra.Command{
		Use:   "judge RUN",
		Short: "Compare the fronts of a run's rounds by new measurements, which can say no",
		Long: `Compare the rounds of a run. Accuracies of two rounds are of two supernets, and a front holds or
dominates nearly all of the one before, so that neither tells whether a round was better. This does: it trains one
fresh supernet over the operations of all fronts and scores the members of all fronts with it. --epochs trains each
of them alone instead. Hypervolumes are then of one measure, on the held-out images, which the search has seen.

A round may be worse than the one before, or the order may change with --seed: one seed is one sample. The same command
goes on with what was interrupted or killed. Architectures that were trained alone are not trained again.`,
		Example: `  nse judge runs/001
  nse judge runs/001 --seed 7 --json
  nse judge runs/001 --epochs 10`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("epochs") && j.Epochs < 1 {
				return usageError{c.CommandPath(), errors.New("--epochs: want 1 or more, or none for shared weights")}
			}
			return j.run(c, filepath.Clean(args[0]))
		},
	}
	c.Flags().IntVar(&j.Epochs, "epochs", 0, "train each architecture alone for so many (default: one fresh supernet)")
	c.Flags().Uint64Var(&j.Seed, "seed", 0, "seed of weights and paths (default: the run's plus one)")
	pluginFlag(c, &j.plugins)
	jsonFlag(c, &j.asJSON)
	return c
}

func (j judging) run(c *cobra.Command, dir string) error {
	var judged *nse.Judgement
	err := observed(c, hosted(j.plugins), func(ctx context.Context, o nse.Options) (err error) {
		judged, err = nse.Judge(ctx, dir, j.JudgeOptions, o)
		return err
	})
	if err != nil {
		return err
	}
	if err := show(c, j.asJSON, judged, judgedRows(judged)); err != nil || j.asJSON {
		return err
	}
	by := judged.By
	if judged.Epochs > 0 {
		by = fmt.Sprintf("%s for %d epochs", by, judged.Epochs)
	}
	_, err = fmt.Fprintf(c.ErrOrStderr(), "by architectures with %s, seed %d; one seed is one sample\n", by,
		judged.Seed)
	return err
}

func judgedRows(j *nse.Judgement) []string {
	rows := []string{"round\tarchitectures\thypervolume\tthan the round before"}
	for _, r := range j.Rounds {
		than := "–"
		if r.Better != nil && *r.Better {
			than = "better"
		} else if r.Better != nil {
			than = "not better"
		}
		rows = append(rows, fmt.Sprintf("%d\t%d\t%.4g\t%s", r.Round, len(r.Members), r.Hypervolume, than))
	}
	return rows
}
