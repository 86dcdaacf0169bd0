package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/worth"
)

func opsWorthVerb() *cobra.Command {
	var layers, asJSON bool
	c := &cobra.Command{
		Use:   "worth RUN",
		Short: "Rank operations by what trained architectures lose without them",
		Long: `Rank the operations of a run by how much accuracy the architectures that it trained alone would lose
without them, with a 95 % interval: at equal MACs, with the best other operation that some trained architecture has in
the layer, or none where the network allows that (docs/runs.md).`,
		Example: `  nse ops worth runs/001
  nse ops worth runs/001 --layers --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			x, err := worth.Of(args[0])
			if err != nil {
				return err
			}
			fmt.Fprint(c.ErrOrStderr(), x.Text())
			return show(c, asJSON, x, x.Rows(layers))
		},
	}
	c.Flags().BoolVar(&layers, "layers", false, "each operation at each layer, in place of over all of them")
	jsonFlag(c, &asJSON)
	return c
}
