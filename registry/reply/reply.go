// Package reply checks what plugins answer. Nothing in an answer is trusted: texts lose their control characters, and
// graphs are rebuilt.
package reply

import (
	"fmt"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// Description is what a plugin says of itself in Describe, after the checks.
type Description struct {
	Version  string   // empty if it tells none
	Families []sdk.Op // one at least, without Build and Kernels
}

// ReadDescription checks a plugin's reply to Describe. Nothing in it is trusted. Another protocol version, an invalid
// or repeated family, and no family at all are errors. The error says what is wrong in words that follow the plugin's
// name.
func ReadDescription(reply *wire.DescribeReply) (d Description, err error) {
	if v := reply.GetProtocolVersion(); v != wire.ProtocolVersion {
		return d, fmt.Errorf("says that it speaks protocol version %d, this nse speaks %d: "+
			"rebuild it with this version's sdk", v, wire.ProtocolVersion)
	}
	if d.Version = reply.GetPluginVersion(); wire.CheckVersion(d.Version) != nil {
		return d, fmt.Errorf("tells an invalid version: %w", wire.CheckVersion(d.Version))
	}
	taken := map[string]bool{}
	for _, m := range reply.GetFamilies() {
		op, err := wire.DecodeFamily(m)
		if err == nil && taken[op.Name] {
			err = fmt.Errorf("family %s is described twice", op.Name)
		}
		if err != nil {
			return d, fmt.Errorf("describes an invalid operation: %s", text.Clean(err.Error()))
		}
		taken[op.Name] = true
		d.Families = append(d.Families, op)
	}
	if len(d.Families) == 0 {
		return d, fmt.Errorf("offers no operation")
	}
	return d, nil
}

// ReadBuild checks a plugin's reply to Build of an operation for layer l, and rebuilds its graph primitive by
// primitive. A reason why the operation is impossible there is a Refusal. Other errors begin with the plugin, such as
// plugin "mbconv".
func ReadBuild(plugin, name string, l sdk.Layer, reply *wire.BuildReply) (*sdk.Graph, error) {
	switch r := reply.GetResult().(type) {
	case *wire.BuildReply_Graph:
		g, err := wire.DecodeGraph(r.Graph, l.Input(), l.Output())
		if err != nil {
			return nil, fmt.Errorf("%s built an invalid %s at %s: %s", plugin, name, l, text.Clean(err.Error()))
		}
		return g, nil
	case *wire.BuildReply_Error:
		return nil, Refusal(text.Clean(r.Error))
	}
	return nil, fmt.Errorf("%s answered Build of %s with neither a graph nor an error", plugin, name)
}

// Refusal is a plugin's reason why an operation is impossible at a layer.
type Refusal string

// Error is the reason, in one line.
func (r Refusal) Error() string { return string(r) }
