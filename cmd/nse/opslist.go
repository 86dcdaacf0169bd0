package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/sdk"
)

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
			pool, n, err := p.layOut(c.Context())
			if err != nil {
				return err
			}
			defer pool.Close()
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

func listOps(ops []registry.Op, n *catalog.Catalog) []listed {
	list := make([]listed, len(ops))
	for i, op := range ops {
		from := op.Plugin
		x := listed{op.ID, op.Name, op.Family, op.Attrs, from.Name, poolfile.VersionText(from.Version), from.Protocol,
			from.SHA256, math.MaxInt64, 0, math.MaxInt64, 0}
		for l := range n.Layers {
			c := n.Graphs[l][i].Count()
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
		rows = append(rows, fmt.Sprintf("%d\t%s\t%s\t%s\t%s", x.ID, x.Name, x.Family, span(x.ParamsMin, x.ParamsMax),
			span(x.MACsMin, x.MACsMax)))
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
		rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%d\t%s", text.Printable(x.Plugin), x.Version, x.Protocol, n,
			cmp.Or(x.SHA256, "built in")))
	}
	return table(w, rows)
}
