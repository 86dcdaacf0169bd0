package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/evaluation"
)

func predictVerb() *cobra.Command {
	var f trainedFlags
	var top int
	c := &cobra.Command{
		Use:   "predict MODEL IMAGE...",
		Short: "Classify image files",
		Long: `Classify PNG and JPEG files with a trained model. An image is cut to its central square and resized ` +
			`as in training.`,
		Example: `  nse predict runs/001/models/front-3 cat.jpg
  nse predict models/NSENet *.png --top 1 --json`,
		Args: usage(cobra.MinimumNArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			if top < 1 {
				return usageError{c.CommandPath(), fmt.Errorf("--top %d: want 1 or more", top)}
			}
			m, err := f.open(c, filepath.Clean(args[0]))
			if err != nil {
				return err
			}
			defer m.Close()
			list, err := m.Predict(c.Context(), args[1:], top)
			if err != nil {
				return err
			}
			return show(c, f.asJSON, list, evaluation.Rows(list))
		},
	}
	c.Flags().IntVar(&top, "top", 3, "how many classes to name")
	f.add(c)
	return c
}
