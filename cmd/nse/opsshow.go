package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
)

func opsShowVerb() *cobra.Command {
	var p architecture.Place
	layer := -1
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Show an operation's graph at each layer",
		Example: `  nse ops show mbconv-k3-e6
  nse ops show ssc-k5-e2 --macro small --layer 1`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			pool, s, err := opener().Place(c.Context(), p)
			if err != nil {
				return err
			}
			defer pool.Close()
			op, err := catalog.Find(pool.Ops, args[0])
			if err != nil {
				return err
			}
			if layer < -1 || layer >= len(s.Layers) {
				return fmt.Errorf("there is no layer %d: %s has layers 0 to %d", layer, p.Macro, len(s.Layers)-1)
			}
			if layer >= 0 {
				s.Layers = s.Layers[layer : layer+1]
			}
			return catalog.Show(c.Context(), c.OutOrStdout(), op, s.Layers)
		},
	}
	placeFlags(c, &p)
	c.Flags().IntVar(&layer, "layer", -1, "only this layer, from 0 (default: all)")
	return c
}
