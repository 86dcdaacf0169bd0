package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/architecture"
)

func opsCheckVerb() *cobra.Command {
	var p architecture.Place
	c := &cobra.Command{
		Use:   "check [PLUGIN]",
		Short: "Build every operation at every layer and check its gradients",
		Long: `Start every plugin of a pool, build each operation at every layer of a macro-architecture, count it,
and compare its gradients with central differences on a small image. Of PLUGIN, a file which is accepted by that, each
family is taken once with the defaults of its attributes.`,
		Example: `  nse ops check --pool my-ops.toml
  nse ops check ./nse-fused
  nse ops check --macro latency`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && p.Pool != "" {
				return usageError{c.CommandPath(), errors.New("both --pool and a plugin are given: name one")}
			}
			p.Plugin = strings.Join(args, "")
			pool, n, err := opener().LayOut(c.Context(), p)
			if err != nil {
				return err
			}
			defer pool.Close()
			return n.Check(c.Context(), pool.Ops, c.OutOrStdout())
		},
	}
	placeFlags(c, &p)
	return c
}
