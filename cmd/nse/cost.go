package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// priced is one line of the answer.
type priced struct {
	Name   string `json:"name"`
	Params int64  `json:"params"`
	MACs   int64  `json:"macs"`
}

func costVerb() *cobra.Command {
	var asJSON bool
	var v variant
	c := &cobra.Command{
		Use:   "cost FILE|RUN|NAME",
		Short: "Count the parameters and MACs of architectures",
		Long: `Count the parameters and multiply-accumulates of architectures for one image, from the graphs that their plugins
describe.

` + modelsHelp,
		Example: `  nse cost nsenet-27
  nse cost architectures.json --se --swish --json
  nse cost runs/001`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			m, err := openModels(c.Context(), args[0], v)
			if err != nil {
				return err
			}
			defer m.Close()
			list := price(m.list)
			if asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
			rows := []string{"architecture\tparameters\tMACs"}
			for _, p := range list {
				rows = append(rows, fmt.Sprintf("%s\t%s\t%s", p.Name, thousands(p.Params), thousands(p.MACs)))
			}
			return table(c.OutOrStdout(), rows)
		},
	}
	jsonFlag(c, &asJSON)
	v.flags(c)
	return c
}

func price(list []model) []priced {
	out := make([]priced, len(list))
	for i, m := range list {
		c := m.count()
		out[i] = priced{m.Name, c.Params, c.MACs}
	}
	return out
}
