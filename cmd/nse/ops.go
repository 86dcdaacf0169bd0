package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

func opsVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:   "ops",
		Short: "Look at the operations of a pool",
		Example: `  nse ops list
  nse ops show ssc-k5-e2 --layer 4
  nse ops check --pool my-ops.toml --macro small
  nse ops history runs/001`,
	}, opsListVerb(), opsShowVerb(), opsCheckVerb(), opsLockVerb(), opsDescribeVerb(), opsAddVerb(), opsHistoryVerb())
}

// place is where operations are looked at: a pool on a built-in macro-architecture.
type place struct {
	pool   string
	plugin string // file to take instead of a pool
	macro  string
	size   int
}

func (p *place) flags(c *cobra.Command) {
	poolFlag(c, &p.pool)
	c.Flags().StringVar(&p.macro, "macro", "flops", "macro-architecture: small, flops or latency")
	c.Flags().IntVar(&p.size, "size", 0, "image size in pixels (default: 32 for small, otherwise 224)")
}

// built is the macro-architecture and its images.
func (p place) built() (supernet.Macro, supernet.Input, error) {
	if p.size == 0 && p.macro == "small" {
		p.size = 32
	} else if p.size == 0 {
		p.size = 224
	}
	m, err := supernet.Built(p.macro)
	return m, supernet.Input{Height: p.size, Width: p.size, Channels: 3, Classes: 1000}, err
}

// open starts the pool and lays the macro-architecture out.
func (p place) open(ctx context.Context) (*registry.Pool, supernet.Skeleton, error) {
	m, image, err := p.built()
	if err != nil {
		return nil, supernet.Skeleton{}, err
	}
	s, err := m.Skeleton(image)
	if err != nil {
		return nil, s, err
	}
	if p.plugin != "" {
		pool, err := openPlugin(ctx, p.plugin)
		return pool, s, err
	}
	pool, err := openPool(ctx, p.pool)
	return pool, s, err
}

// listed is one line of the list.
type listed struct {
	ID        int       `json:"id"`
	Name      string    `json:"name"`
	Family    string    `json:"family"`
	Attrs     sdk.Attrs `json:"attributes"`
	Plugin    string    `json:"plugin"` // as the pool file names it
	Version   string    `json:"version"`
	Protocol  int       `json:"protocol"`
	SHA256    string    `json:"sha256,omitempty"` // of the plugin's binary
	ParamsMin int64     `json:"params_min"`       // over the layers
	ParamsMax int64     `json:"params_max"`
	MACsMin   int64     `json:"macs_min"`
	MACsMax   int64     `json:"macs_max"`
}

func opsListVerb() *cobra.Command {
	var p place
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the operations with their range of parameters and MACs",
		Example: `  nse ops list
  nse ops list --pool my-ops.toml --macro small --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			pool, s, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer pool.Close()
			n, err := layOut(c.Context(), pool.Ops, s, pricing{})
			if err != nil {
				return err
			}
			list := listOps(pool.Ops, n)
			if asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
			if err := printOps(c.OutOrStdout(), list); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout())
			return printPlugins(c.OutOrStdout(), list)
		},
	}
	p.flags(c)
	jsonFlag(c, &asJSON)
	return c
}

func listOps(ops []registry.Op, n *network) []listed {
	list := make([]listed, len(ops))
	for i, op := range ops {
		from := op.Plugin
		x := listed{op.ID, op.Name, op.Family, op.Attrs, from.Name, poolfile.VersionText(from.Version), from.Protocol, from.SHA256, math.MaxInt64, 0, math.MaxInt64, 0}
		for l := range n.Layers {
			c := n.graphs[l][i].Count()
			x.ParamsMin, x.ParamsMax = min(x.ParamsMin, c.Params), max(x.ParamsMax, c.Params)
			x.MACsMin, x.MACsMax = min(x.MACsMin, c.MACs), max(x.MACsMax, c.MACs)
		}
		list[i] = x
	}
	return list
}

func printOps(w io.Writer, list []listed) error {
	rows := []string{"id\tname\tfamily\tparameters\tMACs"}
	for _, x := range list {
		rows = append(rows, fmt.Sprintf("%d\t%s\t%s\t%s\t%s", x.ID, x.Name, x.Family, span(x.ParamsMin, x.ParamsMax), span(x.MACsMin, x.MACsMax)))
	}
	return table(w, rows)
}

// printPlugins lists the plugins of operations in the order of the pool.
func printPlugins(w io.Writer, list []listed) error {
	rows := []string{"plugin\tversion\tprotocol\toperations\tsha256"}
	for i, x := range list {
		same := func(other listed) bool { return other.Plugin == x.Plugin && other.SHA256 == x.SHA256 }
		if slices.IndexFunc(list, same) < i {
			continue
		}
		n := 0
		for _, other := range list {
			if same(other) {
				n++
			}
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%d\t%s", printable(x.Plugin), x.Version, x.Protocol, n, cmp.Or(x.SHA256, "built in")))
	}
	return table(w, rows)
}

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
	fmt.Fprintf(w, "plugin %s, version %s, protocol %d, %s\n", printable(op.Plugin.Name), poolfile.VersionText(op.Plugin.Version), op.Plugin.Protocol, cmp.Or(op.Plugin.SHA256, "built in"))
	for _, l := range layers {
		if only >= 0 && l.Index != only {
			continue
		}
		g, err := op.Graph(ctx, l)
		if err != nil {
			return err
		}
		c := g.Count()
		fmt.Fprintf(w, "\n%s: %s parameters, %s MACs\n", l, thousands(c.Params), thousands(c.MACs))
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
		rows = append(rows, fmt.Sprintf("  %s\t%s\t%s\t%v\t%s\t%s", n.Name, describe(n.Primitive), strings.Join(inputs, " "), n.Shape,
			thousands(params), thousands(n.Primitive.MACs(in))))
	}
	return rows
}

// describe writes a primitive with what tells it from others of its kind.
func describe(p sdk.Primitive) string {
	c, ok := p.(sdk.Conv2D)
	if !ok {
		return p.Kind()
	}
	text := fmt.Sprintf("conv2d %d×%d", c.Kernel[0], c.Kernel[1])
	one := [2]int{1, 1}
	if c.Stride != one {
		text += fmt.Sprintf(" stride %d×%d", c.Stride[0], c.Stride[1])
	}
	if c.Dilation != one {
		text += fmt.Sprintf(" dilation %d×%d", c.Dilation[0], c.Dilation[1])
	}
	if c.Groups > 1 {
		text += fmt.Sprintf(" groups %d", c.Groups)
	}
	return text
}
