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
			if f.asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
			return table(c.OutOrStdout(), predictionRows(list))
		},
	}
	c.Flags().IntVar(&top, "top", 3, "how many classes to name")
	f.add(c)
	return c
}

// predictionRows is a table with the image's name beside its most probable class.
func predictionRows(list []evaluation.Prediction) []string {
	rows := []string{"image\tclass\tprobability"}
	for _, p := range list {
		for i, class := range p.Classes {
			name := p.Image
			if i > 0 {
				name = ""
			}
			rows = append(rows, fmt.Sprintf("%s\t%s\t%.2f %%", name, class.Name, 100*class.Value))
		}
	}
	return rows
}
