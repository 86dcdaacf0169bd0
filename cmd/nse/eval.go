package main

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/evaluation"
	"github.com/nse-dev/nse/supernet/data"
)

// trainedFlags are those of verbs that run a model.
type trainedFlags struct {
	pool   string
	asJSON bool
}

func (f *trainedFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.pool, "pool", "",
		"pool file that lists the model's operations: needed if some run in their plugins")
	jsonFlag(c, &f.asJSON)
}

// open reads the model in a folder and builds it. Close it after use.
func (f trainedFlags) open(c *cobra.Command, dir string) (*evaluation.Model, error) {
	return evaluation.OpenModel(c.Context(), dir, f.pool, opener().Pool)
}

// evaluating is the command line of eval.
type evaluating struct {
	trainedFlags
	data       string
	options    data.Options
	seeTrained bool
}

func evalVerb() *cobra.Command {
	var e evaluating
	c := &cobra.Command{
		Use:   "eval MODEL",
		Short: "Test a trained model on a data set",
		Long: `Test a trained model, a folder that nse retrain wrote, on the test images of a data set: its accuracy,
every class, and which classes are taken for which. Images are resized and normalised as the model's were. With --data
it is tested on all images of that data set. Those that it was trained on are left out and counted.`,
		Example: `  nse eval runs/001/models/front-3
  nse eval models/NSENet --data folder:photos --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return e.run(c, filepath.Clean(args[0])) },
	}
	c.Flags().StringVar(&e.data, "data", "", "data set (default: the one that the model was trained on)")
	c.Flags().BoolVar(&e.seeTrained, "trained", false, "test images that the model was trained on, too")
	c.Flags().Uint64Var(&e.options.Seed, "seed", 1, "seed of generated images (default: that of the training)")
	skipFlag(c, &e.options.SkipUnreadable)
	e.trainedFlags.add(c)
	return c
}

func (e evaluating) run(c *cobra.Command, dir string) error {
	m, err := e.open(c, dir)
	if err != nil {
		return err
	}
	defer m.Close()
	if t := m.Training; t != nil {
		e.data = cmp.Or(e.data, t.Data)
		if !c.Flags().Changed("seed") {
			e.options.Seed = t.Seed
		}
	}
	set, err := m.Open(c.Context(), e.data, e.options)
	if err != nil {
		return err
	}
	if left := set.Left.String(); left != "" {
		fmt.Fprintf(c.ErrOrStderr(), "data: left out %s\n", left)
	}
	images := set.Test
	if t := m.Training; c.Flags().Changed("data") && t != nil && set.Index().Fingerprint() != t.Fingerprint {
		images = set.All()
	}
	result, err := m.Evaluate(c.Context(), set, images, e.seeTrained)
	if err != nil {
		return err
	}
	if e.asJSON {
		return printJSON(c.OutOrStdout(), result)
	}
	return result.Write(c.OutOrStdout())
}
