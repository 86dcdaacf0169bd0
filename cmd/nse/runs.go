package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
)

const runsRoot = "runs"

func runsVerb() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "runs [DIR]",
		Short: "List the runs under runs/ (or DIR, which may be a run)",
		Example: `  nse runs
  nse runs --json
  nse runs show runs/001`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			root := runsRoot
			if len(args) > 0 {
				root = args[0]
			}
			list, err := runs.List(root)
			if err != nil {
				return err
			}
			if len(list) == 0 && !asJSON {
				_, err := fmt.Fprintf(c.OutOrStdout(), "no runs under %s: start one with nse evolve --pool ops.toml\n",
					text.Printable(root))
				return err
			}
			return show(c, asJSON, append([]runs.Summary{}, list...), runs.Rows(list))
		},
	}
	jsonFlag(c, &asJSON)
	c.AddCommand(runsShowVerb())
	return c
}
