package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/bench"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/plugins"
)

func benchVerb() *cobra.Command {
	var o bench.Options
	var asJSON bool
	c := &cobra.Command{
		Use:   "bench WORKLOAD",
		Short: "Time training and scoring on a workload",
		Long:  bench.Help,
		Example: `  nse bench tiny.json
  nse bench tiny.json --what train --threads 1 --batch 64 --json
  nse bench tiny.json --what score --score 1
  nse bench tiny.json --what train --profile`,
		Args:    usage(cobra.ExactArgs(1)),
		PreRunE: checked(func(c *cobra.Command) error { return o.Validate(c.Flags().Changed) }),
		RunE: func(c *cobra.Command, args []string) error {
			return o.Run(c.Context(), args[0], plugins.Builtin, func(f bench.Figures) error {
				if asJSON {
					return json.NewEncoder(c.OutOrStdout()).Encode(f)
				}
				return text.Table(c.OutOrStdout(), f.Rows())
			})
		},
	}
	f := c.Flags()
	f.StringVar(&o.What, "what", "", "train or score (default: both)")
	f.IntVar(&o.Threads, "threads", 2, "number of cores to use")
	f.IntVar(&o.Batch, "batch", 0, "images of a training step (default: as the workload says)")
	f.IntVar(&o.Passes, "passes", 3, "passes over the training steps, besides the one to warm up")
	f.IntVar(&o.Score, "score", 0, "score that many architectures (default: all)")
	f.BoolVar(&o.Alone, "alone", false, "score each architecture in a call of its own, with nothing shared")
	f.BoolVar(&o.Profile, "profile", false,
		"show at the end what the kernels of training take, beside the machine's peaks")
	f.BoolVar(&asJSON, "json", false, "print a line of JSON for train, one for score and one for --profile")
	return c
}
