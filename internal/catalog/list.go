package catalog

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/sdk"
)

// List is operations with what they cost over the layers.
type List []Listed

// Listed is an operation of a List.
type Listed struct {
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

// List lists the operations that the catalog was laid out with.
func (c *Catalog) List(ops []registry.Op) List {
	list := make(List, len(ops))
	for i, op := range ops {
		from := op.Plugin
		x := Listed{op.ID, op.Name, op.Family, op.Attrs, from.Name, poolfile.VersionText(from.Version), from.Protocol,
			from.SHA256, math.MaxInt64, 0, math.MaxInt64, 0}
		for l := range c.Layers {
			n := c.Graphs[l][i].Count()
			x.ParamsMin, x.ParamsMax = min(x.ParamsMin, n.Params), max(x.ParamsMax, n.Params)
			x.MACsMin, x.MACsMax = min(x.MACsMin, n.MACs), max(x.MACsMax, n.MACs)
		}
		list[i] = x
	}
	return list
}

// Rows is a table of the operations, for text.Table.
func (l List) Rows() []string {
	rows := []string{"id\tname\tfamily\tparameters\tMACs"}
	for _, x := range l {
		rows = append(rows, fmt.Sprintf("%d\t%s\t%s\t%s\t%s", x.ID, x.Name, x.Family,
			text.Span(x.ParamsMin, x.ParamsMax), text.Span(x.MACsMin, x.MACsMax)))
	}
	return rows
}

// PluginRows is a table of the operations' plugins in the order of the pool, for text.Table.
func (l List) PluginRows() []string {
	rows := []string{"plugin\tversion\tprotocol\toperations\tsha256"}
	for i, x := range l {
		same := func(other Listed) bool { return other.Plugin == x.Plugin && other.SHA256 == x.SHA256 }
		if slices.IndexFunc(l, same) < i {
			continue
		}
		n := 0
		for _, other := range l {
			if same(other) {
				n++
			}
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%d\t%s", text.Printable(x.Plugin), x.Version, x.Protocol, n,
			cmp.Or(x.SHA256, "built in")))
	}
	return rows
}
