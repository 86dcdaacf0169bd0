package main

import (
	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/architecture"
)

// costing is the command line of cost.
type costing struct {
	source  architecture.Source
	variant architecture.Variant
	asJSON  bool
}

func costVerb() *cobra.Command {
	var k costing
	c := &cobra.Command{
		Use:   "cost FILE|RUN|MODEL|NAME",
		Short: "Count the parameters and MACs of architectures",
		Long: `Count the parameters and multiply-accumulates of architectures for one image, from the graphs that
their plugins describe. Branches that are merged for inference, as those of RepVGG, count as they are trained.

` + modelsHelp,
		Example: `  nse cost nsenet-27
  nse cost architectures.json --se --swish --json
  nse cost runs/001 --pick front-1,round-2-17
  nse cost nsenet --size 64 --classes 10`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			k.source.Path, k.variant.Input.Width = args[0], k.variant.Input.Height
			return k.run(c)
		},
	}
	jsonFlag(c, &k.asJSON)
	runFlag(c, &k.source.Run)
	pickFlag(c, &k.source.Pick)
	variantFlags(c, &k.variant)
	in := &k.variant.Input
	c.Flags().IntVar(&in.Height, "size", 0, "side of the images in pixels (default: the architecture's own)")
	c.Flags().IntVar(&in.Channels, "channels", 0, "channels of the images (default: the architecture's own)")
	c.Flags().IntVar(&in.Classes, "classes", 0, "number of classes (default: the architecture's own)")
	return c
}

func (k costing) run(c *cobra.Command) error {
	m, picked, err := opener().Picked(c.Context(), k.source, k.variant)
	if err != nil {
		return err
	}
	defer m.Close()
	prices := architecture.Prices(picked)
	return show(c, k.asJSON, prices, architecture.PriceRows(prices))
}
