package catalog

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/sdk"
)

// Find is the operation of a name.
func Find(ops []registry.Op, name string) (registry.Op, error) {
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

// Show writes an operation with its graph at each of some layers.
func Show(ctx context.Context, w io.Writer, op registry.Op, layers []sdk.Layer) error {
	fmt.Fprintf(w, "%s (id %d, family %s): %s\n", op.Name, op.ID, op.Family, op.Doc)
	fmt.Fprintf(w, "plugin %s, version %s, protocol %d, %s\n", text.Printable(op.Plugin.Name),
		poolfile.VersionText(op.Plugin.Version), op.Plugin.Protocol, cmp.Or(op.Plugin.SHA256, "built in"))
	for _, l := range layers {
		g, err := op.Graph(ctx, l)
		if err != nil {
			return err
		}
		c := g.Count()
		fmt.Fprintf(w, "\n%s: %s parameters, %s MACs\n", l, text.Thousands(c.Params), text.Thousands(c.MACs))
		if err := text.Table(w, nodeRows(g)); err != nil {
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
