// Package inprocess puts operations of this program in the place of plugins.
package inprocess

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry/reply"
	"github.com/nse-dev/nse/registry/tensors"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// Plugin is an operation of this program that takes the place of a plugin. It fails as a plugin fails: what it builds
// and computes passes the same checks, and a panic becomes an error. A panic in a goroutine of the operation's own ends
// the program. There is no deadline. Build may be called concurrently. Kernels run one call at a time.
type Plugin struct {
	name  string // for messages: plugin "mbconv"
	op    sdk.Op
	log   *slog.Logger
	about reply.Description

	running sync.Mutex // during a call of a kernel
}

// New checks an operation's declaration. A pool file calls the plugin by name. The log gets the stacks of panics, at
// debug level, and must not be nil. An invalid declaration and an operation without Build are errors.
func New(name string, op sdk.Op, log *slog.Logger) (*Plugin, error) {
	p := &Plugin{name: fmt.Sprintf("plugin %q", name), op: op, log: log}
	m := &wire.DescribeReply{ProtocolVersion: wire.ProtocolVersion, PluginVersion: wire.ProgramVersion()}
	family, err := wire.EncodeFamily(op)
	if err != nil {
		return nil, fmt.Errorf("%s describes an invalid operation: %w", p.name, err)
	}
	m.Families = append(m.Families, family)
	if p.about, err = reply.ReadDescription(m); err != nil {
		return nil, fmt.Errorf("%s %w", p.name, err)
	}
	if err = op.Validate(); err == nil && op.Build == nil { // a description says nothing of kernels
		err = fmt.Errorf("family %s has no Build", op.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s describes an invalid operation: %w", p.name, err)
	}
	return p, nil
}

// About is what the operation says of itself. Its version is the program's. The families have neither Build nor
// Kernels.
func (p *Plugin) About() reply.Description { return p.about }

// Close does nothing: there is no process.
func (p *Plugin) Close() {}

// Build is the graph of the operation's member with these attributes, which messages call by its name. The graph is
// encoded and read as a plugin's is, so that it is the same one. Its Exec primitives call the operation's kernels. An
// operation that is impossible at the layer is a reply.Refusal. A cancelled context is an error, and is looked at
// before the operation is called.
func (p *Plugin) Build(ctx context.Context, name, _ string, attrs sdk.Attrs, l sdk.Layer) (*sdk.Graph, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: Build of %s: %w", p.name, name, err)
	}
	m := &wire.BuildReply{}
	if graph, err := p.encoded(attrs, l); err != nil {
		m.Result = &wire.BuildReply_Error{Error: err.Error()}
	} else {
		m.Result = &wire.BuildReply_Graph{Graph: graph}
	}
	g, err := reply.ReadBuild(p.name, name, l, m)
	if err != nil {
		return nil, err
	}
	return g, p.bind(name, g)
}

// encoded is the message of the graph that the operation builds.
func (p *Plugin) encoded(attrs sdk.Attrs, l sdk.Layer) (m *wire.Graph, err error) {
	defer p.calm(&err)
	g, err := p.op.Graph(l, attrs)
	if err != nil {
		return nil, err
	}
	return wire.EncodeGraph(g)
}

// bind makes the Exec primitives of a graph call the operation's kernels.
func (p *Plugin) bind(name string, g *sdk.Graph) error {
	return g.Bind(func(e sdk.Exec, in sdk.Shape) (func(sdk.Call) error, error) {
		k, err := p.op.Kernel(e.Kernel)
		return func(c sdk.Call) error {
			c.In, c.Out, c.Args = in, e.Out, e.Args
			if err := p.run(k, c); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		}, err
	})
}

// run computes a call and checks that the results are finite.
func (p *Plugin) run(k sdk.Kernel, c sdk.Call) error {
	p.running.Lock()
	defer p.running.Unlock()
	if err := p.try(k, c); err != nil {
		return fmt.Errorf("%s failed in kernel %s: %s", p.name, k.Name, text.Clean(err.Error()))
	}
	if !tensors.Computed(c) && tensors.Given(c) {
		return fmt.Errorf("%s computed a value that is not finite in kernel %s", p.name, k.Name)
	}
	return nil
}

func (p *Plugin) try(k sdk.Kernel, c sdk.Call) (err error) {
	defer p.calm(&err)
	return k.Run(c)
}

// calm turns a panic of the operation into an error, and logs where it was.
func (p *Plugin) calm(err *error) {
	if why := recover(); why != nil {
		p.log.Debug("panic in an operation", "plugin", p.name, "panic", why, "stack", string(debug.Stack()))
		*err = fmt.Errorf("%s panicked: %v", p.op.Name, why)
	}
}
