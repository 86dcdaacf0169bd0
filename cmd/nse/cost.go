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
	var size int
	c := &cobra.Command{
		Use:   "cost FILE|RUN|MODEL|NAME",
		Short: "Count the parameters and MACs of architectures",
		Long: `Count the parameters and multiply-accumulates of architectures for one image, from the graphs that their plugins
describe.

` + modelsHelp,
		Example: `  nse cost nsenet-27
  nse cost architectures.json --se --swish --json
  nse cost runs/001
  nse cost nsenet --size 64 --classes 10`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			v.image.Height, v.image.Width = size, size
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
	c.Flags().IntVar(&size, "size", 0, "side of the images in pixels (default: the architecture's own)")
	c.Flags().IntVar(&v.image.Channels, "channels", 0, "channels of the images (default: the architecture's own)")
	c.Flags().IntVar(&v.image.Classes, "classes", 0, "number of classes (default: the architecture's own)")
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
