package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/runs"
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
			if asJSON {
				return printJSON(c.OutOrStdout(), append([]runs.Summary{}, list...))
			}
			if len(list) == 0 {
				_, err := fmt.Fprintf(c.OutOrStdout(), "no runs under %s: start one with nse evolve --pool ops.toml\n",
					root)
				return err
			}
			return table(c.OutOrStdout(), runRows(list))
		},
	}
	jsonFlag(c, &asJSON)
	c.AddCommand(runsShowVerb())
	return c
}

func runRows(list []runs.Summary) []string {
	rows := []string{"run\tstatus\trounds\tfront\tbest (shared weights)\tseed\tdata"}
	for _, s := range list {
		if s.Problem != "" {
			rows = append(rows, fmt.Sprintf("%s\t%s: %s", s.Dir, s.Status, s.Problem))
			continue
		}
		best := "-"
		if s.Front > 0 {
			best = fmt.Sprintf("%.2f %%", 100*s.Best)
		}
		rows = append(rows,
			fmt.Sprintf("%s\t%s\t%d\t%d\t%s\t%d\t%s", s.Dir, s.Status, s.Rounds, s.Front, best, s.Seed, s.Data))
	}
	return rows
}
