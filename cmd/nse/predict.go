package main

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/supernet/data"
)

// prediction is what a model sees in an image.
type prediction struct {
	Image   string        `json:"image"`
	Classes []probability `json:"classes"` // the most probable first
}

type probability struct {
	Name  string  `json:"name"`
	Value float64 `json:"probability"`
}

func predictVerb() *cobra.Command {
	var f trainedFlags
	var top int
	c := &cobra.Command{
		Use:   "predict MODEL IMAGE...",
		Short: "Classify image files",
		Long:  `Classify PNG and JPEG files with a trained model. An image is cut to its central square and resized as in training.`,
		Example: `  nse predict runs/001/models/front-3 cat.jpg
  nse predict models/NSENet *.png --top 1 --json`,
		Args: usage(cobra.MinimumNArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			if top < 1 {
				return usageError{c.CommandPath(), fmt.Errorf("--top %d: want 1 or more", top)}
			}
			dir := filepath.Clean(args[0])
			m, n, opened, err := f.open(c, dir)
			if err != nil {
				return err
			}
			defer opened.Close()
			defer n.Close()
			set, err := data.Files(args[1:], m.Input.Height, m.Input.Width, m.Input.Channels)
			if err != nil {
				return err
			}
			set.Normalization = data.Normalization{Mean: m.Input.Mean, Std: m.Input.Std}
			var list []prediction
			_, err = n.Test(c.Context(), m.Arch(), set.Sequence(set.Test, testBatch), func(_ data.Batch, logits []float32) {
				for row := range slices.Chunk(logits, len(m.Classes)) {
					list = append(list, prediction{args[1+len(list)], probable(m.Classes, row, top)})
				}
			})
			if err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
			if f.asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
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
			return table(c.OutOrStdout(), rows)
		},
	}
	c.Flags().IntVar(&top, "top", 3, "how many classes to name")
	f.add(c)
	return c
}

// probable lists the most probable classes, by softmax.
func probable(classes []string, logits []float32, top int) []probability {
	greatest, sum := float64(slices.Max(logits)), 0.0
	list := make([]probability, len(classes))
	for k, v := range logits {
		list[k] = probability{classes[k], math.Exp(float64(v) - greatest)}
		sum += list[k].Value
	}
	for k := range list {
		list[k].Value /= sum
	}
	slices.SortStableFunc(list, func(a, b probability) int { return cmp.Compare(b.Value, a.Value) })
	return list[:min(top, len(list))]
}
