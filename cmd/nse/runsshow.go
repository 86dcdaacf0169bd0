package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/runs"
)

func runsShowVerb() *cobra.Command {
	var round int
	var asJSON bool
	c := &cobra.Command{
		Use:   "show RUN",
		Short: "List the architectures that a run has scored, by the names for --pick",
		Long: `List every architecture that a run has scored: its name for --pick, such as round-2-17 for the 17th of
round 2, its name on the last front, what it was scored as, its accuracy on held-out images, its cost and its
operations. Accuracies are with the weights that the round's architectures share, which differ between rounds. Methods
that train architectures alone have a column with the epochs.`,
		Example: `  nse runs show runs/001
  nse runs show runs/001 --round 2 --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := runs.Read(filepath.Clean(args[0]))
			if err != nil {
				return err
			}
			defer r.Close()
			list, err := r.Listing(round)
			if err != nil {
				return err
			}
			return show(c, asJSON, list.Architectures, list.Rows())
		},
	}
	c.Flags().IntVar(&round, "round", 0, "only that round (default: all)")
	jsonFlag(c, &asJSON)
	return c
}
