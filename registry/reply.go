package registry

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// description is what a plugin says of itself.
type description struct {
	version  string // empty: it tells none
	families []sdk.Op
}

// readDescription checks a plugin's reply to Describe. Nothing in it is trusted.
func readDescription(reply *wire.DescribeReply) (d description, err error) {
	if v := reply.GetProtocolVersion(); v != wire.ProtocolVersion {
		return d, fmt.Errorf("says that it speaks protocol version %d, this nse speaks %d: rebuild it with this version's sdk", v, wire.ProtocolVersion)
	}
	if d.version = reply.GetPluginVersion(); wire.CheckVersion(d.version) != nil {
		return d, fmt.Errorf("tells an invalid version: %w", wire.CheckVersion(d.version))
	}
	taken := map[string]bool{}
	for _, m := range reply.GetFamilies() {
		op, err := wire.DecodeFamily(m)
		if err == nil && taken[op.Name] {
			err = fmt.Errorf("family %s is described twice", op.Name)
		}
		if err != nil {
			return d, fmt.Errorf("describes an invalid operation: %s", oneLine(err.Error()))
		}
		taken[op.Name] = true
		d.families = append(d.families, op)
	}
	if len(d.families) == 0 {
		return d, fmt.Errorf("offers no operation")
	}
	return d, nil
}

// readBuild checks a plugin's reply to Build and rebuilds its graph, primitive by primitive. A reason why the operation
// is impossible is a refusal.
func readBuild(plugin, name string, l sdk.Layer, reply *wire.BuildReply) (*sdk.Graph, error) {
	switch r := reply.GetResult().(type) {
	case *wire.BuildReply_Graph:
		g, err := wire.DecodeGraph(r.Graph, l.Input(), l.Output())
		if err != nil {
			return nil, fmt.Errorf("%s built an invalid %s at %s: %s", plugin, name, l, oneLine(err.Error()))
		}
		return g, nil
	case *wire.BuildReply_Error:
		return nil, refusal(oneLine(r.Error))
	}
	return nil, fmt.Errorf("%s answered Build of %s with neither a graph nor an error", plugin, name)
}

// refusal is a whole sentence: a plugin's reason why an operation is impossible at a layer, or why a plugin is not started.
type refusal string

func (r refusal) Error() string { return string(r) }
