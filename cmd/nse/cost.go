package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet"
)

// priced is one line of the answer.
type priced struct {
	Name   string `json:"name"`
	Params int64  `json:"params"`
	MACs   int64  `json:"macs"`
}

// costing is the command line of cost.
type costing struct {
	variantFlags
	source architecture.Source
	input  supernet.Input
	asJSON bool
}

func costVerb() *cobra.Command {
	var k costing
	c := &cobra.Command{
		Use:   "cost FILE|RUN|MODEL|NAME",
		Short: "Count the parameters and MACs of architectures",
		Long: `Count the parameters and multiply-accumulates of architectures for one image, from the graphs that
their plugins describe.

` + modelsHelp,
		Example: `  nse cost nsenet-27
  nse cost architectures.json --se --swish --json
  nse cost runs/001 --pick front-1,round-2-17
  nse cost nsenet --size 64 --classes 10`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			k.source.Path, k.input.Width = args[0], k.input.Height
			return k.run(c)
		},
	}
	jsonFlag(c, &k.asJSON)
	runFlag(c, &k.source.Run)
	pickFlag(c, &k.source.Pick)
	k.variantFlags.add(c)
	c.Flags().IntVar(&k.input.Height, "size", 0, "side of the images in pixels (default: the architecture's own)")
	c.Flags().IntVar(&k.input.Channels, "channels", 0, "channels of the images (default: the architecture's own)")
	c.Flags().IntVar(&k.input.Classes, "classes", 0, "number of classes (default: the architecture's own)")
	return c
}

func (k costing) run(c *cobra.Command) error {
	m, err := opener().Open(c.Context(), k.source, k.variantFlags.of(k.input))
	if err != nil {
		return err
	}
	defer m.Close()
	picked, err := m.Named(k.source.Pick)
	if err != nil {
		return fmt.Errorf("%s: --pick %s: %w; want such names, or all", k.source.Path, k.source.Pick, err)
	}
	list := price(picked)
	if k.asJSON {
		return printJSON(c.OutOrStdout(), list)
	}
	return table(c.OutOrStdout(), costRows(list))
}

func price(list []architecture.Plan) []priced {
	out := make([]priced, len(list))
	for i, m := range list {
		c := m.Count()
		out[i] = priced{m.Name, c.Params, c.MACs}
	}
	return out
}

func costRows(list []priced) []string {
	rows := []string{"architecture\tparameters\tMACs"}
	for _, p := range list {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s", p.Name, text.Thousands(p.Params), text.Thousands(p.MACs)))
	}
	return rows
}
