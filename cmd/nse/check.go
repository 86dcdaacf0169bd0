package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/text"
)

func opsCheckVerb() *cobra.Command {
	var p place
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
			if len(args) > 0 && p.pool != "" {
				return usageError{c.CommandPath(), errors.New("both --pool and a plugin are given: name one")}
			}
			p.plugin = strings.Join(args, "")
			return p.check(c)
		},
	}
	p.flags(c)
	return c
}

// check builds and checks every operation.
func (p place) check(c *cobra.Command) error {
	pool, n, err := p.layOut(c.Context())
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := text.Table(c.OutOrStdout(), n.List(pool.Ops).Rows()); err != nil {
		return err
	}
	worst, err := catalog.CheckGradients(c.Context(), pool.Ops)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "\n%d operations at %d layers: shapes and counts consistent, gradients "+
		"within %.1g of central differences\n", len(pool.Ops), len(n.Layers), worst)
	return err
}
