package lut

import (
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// referenceOps are the branches of every layer of the reference network: a depthwise, a full and a separated
// convolution. They are built in, so that no pool is needed to measure it again.
var referenceOps = []struct {
	family string
	attrs  sdk.Attrs
}{
	{"mbconv", sdk.Attrs{"kernel": 5, "expand": 3}},
	{"conv", sdk.Attrs{"expand": 1}},
	{"ssc", sdk.Attrs{"kernel": 5, "expand": 1}},
}

// reference is the reference network of a setup. Close its net after use.
type reference struct {
	latency.Reference // without times
	net               *supernet.Net
	run               func() error
}

func newReference(s latency.Setup, k supernet.Skeleton) (r reference, err error) {
	var path evolve.Path
	graphs := make([][]*sdk.Graph, len(k.Layers))
	for i, op := range referenceOps {
		family, err := plugins.Builtin(op.family)
		if err != nil {
			return r, err
		}
		attrs, err := family.Complete(op.attrs)
		if err != nil {
			return r, err
		}
		r.Ops, path = append(r.Ops, family.Member(attrs)), append(path, evolve.OpID(i))
		for l, layer := range k.Layers {
			g, err := family.Graph(layer, attrs)
			if err != nil {
				return r, err
			}
			graphs[l] = append(graphs[l], g)
		}
	}
	if r.Graph, err = latency.Fingerprint(slices.Concat(graphs...)...); err != nil {
		return r, err
	}
	return r, r.build(s, k, graphs, path)
}

// build makes the network, with every operation of path at every layer.
func (r *reference) build(s latency.Setup, k supernet.Skeleton, graphs [][]*sdk.Graph, path evolve.Path) (err error) {
	build := func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) { return graphs[l.Index][op], nil }
	if r.net, err = supernet.NewNet(k, build, 1, s.Threads); err != nil {
		return err
	}
	subset := slices.Repeat([]evolve.Path{path}, len(k.Layers))
	if err := r.net.Fill(subset); err != nil {
		r.net.Close()
		return err
	}
	r.run = latency.Network(r.net, k.Stem.In, s.Batch, evolve.Arch(subset))
	return nil
}

// Drift is how the machine's speed has changed since a table was measured.
type Drift struct {
	Table    latency.Time `json:"table"` // of the reference network
	Now      latency.Time `json:"now"`
	Slowdown float64      `json:"slowdown"` // now / table
}

// driftOf is nil if the table's reference network is not this one.
func driftOf(table, now latency.Reference) *Drift {
	slowdown, known := table.Slowdown(now)
	if !known {
		return nil
	}
	return &Drift{table.Time, now.Time, slowdown}
}
