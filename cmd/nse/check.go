package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/graph"
)

func opsCheckVerb() *cobra.Command {
	var p place
	c := &cobra.Command{
		Use:   "check [PLUGIN]",
		Short: "Build every operation at every layer and check its gradients",
		Long: `Start every plugin of a pool, build each operation at every layer of a macro-architecture, count it, and compare
its gradients with central differences on a small image. Of PLUGIN, a file which is accepted by that, each family is
taken once with the defaults of its attributes.`,
		Example: `  nse ops check --pool my-ops.toml
  nse ops check ./nse-fused
  nse ops check --macro latency`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && p.pool != "" {
				return usageError{c.CommandPath(), errors.New("both --pool and a plugin are given: name one")}
			}
			p.plugin = strings.Join(args, "")
			pool, s, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer pool.Close()
			n, err := layOut(c.Context(), pool.Ops, s, pricing{})
			if err != nil {
				return err
			}
			if err := printOps(c.OutOrStdout(), listOps(pool.Ops, n)); err != nil {
				return err
			}
			return checkGradients(c.Context(), c.OutOrStdout(), pool.Ops, len(s.Layers))
		},
	}
	p.flags(c)
	return c
}

// checkGradients checks every operation at a small normal and a small reduction layer. The activation is swish,
// which has a derivative everywhere.
func checkGradients(ctx context.Context, w io.Writer, ops []registry.Op, layers int) error {
	small := []sdk.Layer{
		{In: 8, Out: 8, Stride: 1, Height: 5, Width: 6, Activation: sdk.Swish},
		{In: 8, Out: 16, Stride: 2, Height: 5, Width: 6, Activation: sdk.Swish},
	}
	worst := 0.0
	for _, op := range ops {
		for _, l := range small {
			g, err := op.Graph(ctx, l)
			if err != nil {
				return err
			}
			e, err := graph.GradientError(op.Name, g)
			if errors.Is(err, graph.ErrUnsteady) {
				err = fmt.Errorf("%s: %s: %w", op.Where, op.Name, err)
			}
			if err != nil {
				return err
			}
			if !(e <= graph.GradientTolerance) {
				return fmt.Errorf("%s: %s: gradients differ from central differences by %.2g of the largest", op.Where, op.Name, e)
			}
			worst = max(worst, e)
		}
	}
	_, err := fmt.Fprintf(w, "\n%d operations at %d layers: shapes and counts consistent, gradients within %.1g of central differences\n", len(ops), layers, worst)
	return err
}
