package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/drawing"
	"github.com/nse-dev/nse/internal/evaluation"
	"github.com/nse-dev/nse/internal/file"
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
	evaluation.Tested
	seed        uint64
	csv, matrix string
}

func evalVerb() *cobra.Command {
	var e evaluating
	c := &cobra.Command{
		Use:   "eval MODEL",
		Short: "Test a trained model on a data set",
		Long: `Test a trained model, a folder that nse retrain wrote, on the test images of a data set: its accuracy,
every class, and which classes are taken for which. Of more than 12 classes the ten worst are printed, and the twenty
commonest confusions; --json has all. Images are resized and normalised as the model's were, and turned grey or to
three channels if its were. With --data it is tested on all images of that data set. Those that it was trained on are
left out and counted.

--csv writes a line for every image: its file, its class (label), the class that it is taken for (prediction), the
probability of that, and whether it is right. --matrix draws how often each class is taken for each.`,
		Example: `  nse eval runs/001/models/front-3
  nse eval models/NSENet --data folder:photos --json
  nse eval models/NSENet --csv images.csv --matrix confusion.svg`,
		Args: usage(cobra.ExactArgs(1)),
		PreRunE: checked(func(c *cobra.Command) error {
			e.Seed = said(c, "seed", &e.seed)
			return drawing.Drawable("--matrix", e.matrix)
		}),
		RunE: func(c *cobra.Command, args []string) error { return e.run(c, filepath.Clean(args[0])) },
	}
	f := c.Flags()
	f.StringVar(&e.Data, "data", "", "data set (default: the one that the model was trained on)")
	f.BoolVar(&e.Trained, "trained", false, "test images that the model was trained on, too")
	f.Uint64Var(&e.seed, "seed", 1, "seed of generated images (default: that of the training)")
	f.StringVar(&e.csv, "csv", "", "write a line for every image to this file")
	f.StringVar(&e.matrix, "matrix", "", "draw the confusions to this file, which ends in .svg or .png")
	skipFlag(c, &e.SkipUnreadable)
	e.trainedFlags.add(c)
	return c
}

func (e evaluating) run(c *cobra.Command, dir string) error {
	m, err := e.open(c, dir)
	if err != nil {
		return err
	}
	defer m.Close()
	for _, path := range []string{e.csv, e.matrix} {
		if path == "" {
			continue
		}
		if err := file.Probe(path); err != nil {
			return err
		}
	}
	e.Observe = reading(c)
	set, images, err := m.Open(c.Context(), e.Tested)
	if err != nil {
		return err
	}
	for _, remark := range set.Remarks() {
		fmt.Fprintln(c.ErrOrStderr(), "data: "+remark)
	}
	result, err := m.Evaluate(c.Context(), set, images, e.Trained)
	if err != nil {
		return err
	}
	if err := e.write(result); err != nil {
		return err
	}
	if e.asJSON {
		return printJSON(c.OutOrStdout(), result)
	}
	return result.Write(c.OutOrStdout())
}

// write writes the files that are asked for.
func (e evaluating) write(result *evaluation.Evaluation) error {
	if e.csv != "" {
		if err := file.Make(e.csv, result.CSV); err != nil {
			return err
		}
	}
	if e.matrix == "" {
		return nil
	}
	m := result.Matrix()
	return drawing.Write(e.matrix, m.SVG, m.PNG)
}
