package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/supernet/data"
)

func dataListVerb() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the kinds of data sets, and what files each wants",
		Example: "  nse data list --json",
		Args:    usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			rows := []string{"spec\texample\twants"}
			for _, s := range data.Sources() {
				rows = append(rows, strings.Join([]string{s.Usage, s.Example, s.Wants}, "\t"))
			}
			return show(c, asJSON, data.Sources(), rows)
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
