package registry

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// inside is an operation of this program that takes the place of a plugin. It fails as a plugin fails: what it builds
// and computes passes the same checks, and a panic becomes an error. There is no deadline.
type inside struct {
	name string // for messages: plugin "mbconv"
	op   sdk.Op
	log  *slog.Logger
	description

	running sync.Mutex // during a call of a kernel
}

// newInside checks an operation's declaration.
func newInside(name string, op sdk.Op, log *slog.Logger) (*inside, error) {
	i := &inside{name: fmt.Sprintf("plugin %q", name), op: op, log: log}
	reply := &wire.DescribeReply{ProtocolVersion: wire.ProtocolVersion, PluginVersion: wire.ProgramVersion()}
	family, err := wire.EncodeFamily(op)
	if err != nil {
		return nil, fmt.Errorf("%s describes an invalid operation: %w", i.name, err)
	}
	reply.Families = append(reply.Families, family)
	if i.description, err = readDescription(reply); err != nil {
		return nil, fmt.Errorf("%s %w", i.name, err)
	}
	if err = op.Validate(); err == nil && op.Build == nil { // a description says nothing of kernels
		err = fmt.Errorf("family %s has no Build", op.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s describes an invalid operation: %w", i.name, err)
	}
	return i, nil
}

// about implements source.
func (i *inside) about() description { return i.description }

// close implements source.
func (i *inside) close() {}

// build implements source: the graph is sent and read as a plugin's is, so that it is the same one.
func (i *inside) build(ctx context.Context, op Op, l sdk.Layer) (*sdk.Graph, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: Build of %s: %w", i.name, op.Name, err)
	}
	reply := &wire.BuildReply{}
	if graph, err := i.encoded(op, l); err != nil {
		reply.Result = &wire.BuildReply_Error{Error: err.Error()}
	} else {
		reply.Result = &wire.BuildReply_Graph{Graph: graph}
	}
	g, err := readBuild(i.name, op.Name, l, reply)
	if err != nil {
		return nil, err
	}
	return g, i.bind(op, g)
}

// encoded is the message of the graph that the operation builds.
func (i *inside) encoded(op Op, l sdk.Layer) (m *wire.Graph, err error) {
	defer i.calm(&err)
	g, err := i.op.Graph(l, op.Attrs)
	if err != nil {
		return nil, err
	}
	return wire.EncodeGraph(g)
}

// bind makes the Exec primitives of a graph call the operation's kernels.
func (i *inside) bind(op Op, g *sdk.Graph) error {
	return g.Bind(func(e sdk.Exec, in sdk.Shape) (func(sdk.Call) error, error) {
		k, err := i.op.Kernel(e.Kernel)
		return func(c sdk.Call) error {
			c.In, c.Out, c.Args = in, e.Out, e.Args
			if err := i.run(k, c); err != nil {
				return fmt.Errorf("%s: %w", op.Name, err)
			}
			return nil
		}, err
	})
}

// run computes a call and checks that the results are finite.
func (i *inside) run(k sdk.Kernel, c sdk.Call) error {
	i.running.Lock()
	defer i.running.Unlock()
	if err := i.try(k, c); err != nil {
		return fmt.Errorf("%s failed in kernel %s: %s", i.name, k.Name, oneLine(err.Error()))
	}
	if results := append([][]float32{c.Y, c.DX}, c.DW...); !finite(results) && finite(given(c)) {
		return fmt.Errorf("%s computed a value that is not finite in kernel %s", i.name, k.Name)
	}
	return nil
}

func (i *inside) try(k sdk.Kernel, c sdk.Call) (err error) {
	defer i.calm(&err)
	return k.Run(c)
}

// calm turns a panic of the operation into an error, and logs where it was.
func (i *inside) calm(err *error) {
	if p := recover(); p != nil {
		i.log.Debug("panic in an operation", "plugin", i.name, "panic", p, "stack", string(debug.Stack()))
		*err = fmt.Errorf("%s panicked: %v", i.op.Name, p)
	}
}
