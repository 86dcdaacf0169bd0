package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/text"
)

func scoreVerb() *cobra.Command {
	var plugins []string
	var asJSON bool
	c := &cobra.Command{
		Use:   "score RUN FILE",
		Short: "Score architectures of a file with the shared weights of a run",
		Long: `Score architectures of a file with the shared weights of a run, as the search does: those of its last
checkpoint, on the held-out images, with batch normalisation's statistics taken anew. The same architecture has the
accuracy that the search measured with these weights, to the bit.

FILE names the operations of each layer (docs/files.md). A front.json is such a file, copied or edited. Operations are
those that the run's supernet holds in that layer; a layer may have more than K. The run is not changed.`,
		Example: `  nse score runs/001 mine.json
  nse score runs/001 runs/001/front.json --json`,
		Args: usage(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := nse.Score(c.Context(), filepath.Clean(args[0]), args[1], hosted(plugins))
			if err != nil {
				return err
			}
			if !asJSON {
				fmt.Fprintf(c.ErrOrStderr(), "weights: %s of %s, on %d held-out images\n", s.Weights, s.Run, s.HeldOut)
			}
			return show(c, asJSON, s, scoreRows(s))
		},
	}
	pluginFlag(c, &plugins)
	jsonFlag(c, &asJSON)
	return c
}

func scoreRows(s *nse.Scores) []string {
	latency := s.Unit == "ms"
	heading := "architecture\taccuracy (shared weights)\tM MACs\tparameters"
	if latency {
		heading += "\tms"
	}
	rows := []string{heading}
	for _, a := range s.Architectures {
		row := fmt.Sprintf("%s\t%.2f %%\t%.4g\t%s", a.Name, 100*a.Accuracy, text.Millions(a.MACs),
			text.Thousands(a.Params))
		if latency {
			row += fmt.Sprintf("\t%.4g", a.Cost)
		}
		rows = append(rows, row)
	}
	return rows
}
