package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/text"
)

func opsListVerb() *cobra.Command {
	var p architecture.Place
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the operations with their range of parameters and MACs",
		Example: `  nse ops list
  nse ops list --pool my-ops.toml --macro small --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			pool, n, err := opener().LayOut(c.Context(), p)
			if err != nil {
				return err
			}
			defer pool.Close()
			list := n.List(pool.Ops)
			if err := show(c, asJSON, list, list.Rows()); err != nil || asJSON {
				return err
			}
			fmt.Fprintln(c.OutOrStdout())
			return text.Table(c.OutOrStdout(), list.PluginRows())
		},
	}
	placeFlags(c, &p)
	jsonFlag(c, &asJSON)
	return c
}
