package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/sdk"
)

func opsShowVerb() *cobra.Command {
	var p place
	layer := -1
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Show an operation's graph at each layer",
		Example: `  nse ops show mbconv-k3-e6
  nse ops show ssc-k5-e2 --macro small --layer 1`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			pool, s, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer pool.Close()
			op, err := find(pool.Ops, args[0])
			if err != nil {
				return err
			}
			if layer < -1 || layer >= len(s.Layers) {
				return fmt.Errorf("there is no layer %d: %s has layers 0 to %d", layer, p.macro, len(s.Layers)-1)
			}
			return show(c.Context(), c.OutOrStdout(), op, s.Layers, layer)
		},
	}
	p.flags(c)
	c.Flags().IntVar(&layer, "layer", -1, "only this layer, from 0 (default: all)")
	return c
}

func find(ops []registry.Op, name string) (registry.Op, error) {
	i := slices.IndexFunc(ops, func(op registry.Op) bool { return op.Name == name })
	if i < 0 {
		names := make([]string, len(ops))
		for j, op := range ops {
			names[j] = op.Name
		}
		return registry.Op{}, fmt.Errorf("the pool has no operation %q: it has %s", name, strings.Join(names, ", "))
	}
	return ops[i], nil
}

// show prints the graph at one layer, or at all with only < 0.
func show(ctx context.Context, w io.Writer, op registry.Op, layers []sdk.Layer, only int) error {
	fmt.Fprintf(w, "%s (id %d, family %s): %s\n", op.Name, op.ID, op.Family, op.Doc)
	fmt.Fprintf(w, "plugin %s, version %s, protocol %d, %s\n", text.Printable(op.Plugin.Name),
		poolfile.VersionText(op.Plugin.Version), op.Plugin.Protocol, cmp.Or(op.Plugin.SHA256, "built in"))
	for _, l := range layers {
		if only >= 0 && l.Index != only {
			continue
		}
		g, err := op.Graph(ctx, l)
		if err != nil {
			return err
		}
		c := g.Count()
		fmt.Fprintf(w, "\n%s: %s parameters, %s MACs\n", l, text.Thousands(c.Params), text.Thousands(c.MACs))
		if err := table(w, nodeRows(g)); err != nil {
			return err
		}
	}
	return nil
}

func nodeRows(g *sdk.Graph) []string {
	rows := []string{"  node\tprimitive\tinputs\toutput\tparameters\tMACs"}
	for i, n := range g.Nodes {
		in := g.InputShapes(i)
		params := int64(0)
		for _, p := range n.Primitive.Params(in) {
			if p.Init.Trained() {
				params += int64(p.Size())
			}
		}
		inputs := make([]string, len(n.Inputs))
		for j, from := range n.Inputs {
			inputs[j] = "input"
			if from != sdk.InputNode {
				inputs[j] = g.Nodes[from].Name
			}
		}
		rows = append(rows, fmt.Sprintf("  %s\t%s\t%s\t%v\t%s\t%s", n.Name, describe(n.Primitive),
			strings.Join(inputs, " "), n.Shape, text.Thousands(params), text.Thousands(n.Primitive.MACs(in))))
	}
	return rows
}

// describe writes a primitive with what tells it from others of its kind.
func describe(p sdk.Primitive) string {
	c, ok := p.(sdk.Conv2D)
	if !ok {
		return p.Kind()
	}
	words := fmt.Sprintf("conv2d %d×%d", c.Kernel[0], c.Kernel[1])
	one := [2]int{1, 1}
	if c.Stride != one {
		words += fmt.Sprintf(" stride %d×%d", c.Stride[0], c.Stride[1])
	}
	if c.Dilation != one {
		words += fmt.Sprintf(" dilation %d×%d", c.Dilation[0], c.Dilation[1])
	}
	if c.Groups > 1 {
		words += fmt.Sprintf(" groups %d", c.Groups)
	}
	return words
}
