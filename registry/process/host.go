// Package process runs a plugin in a process of its own and asks it for operations. The process ends with its host,
// however the host ends. It gets nothing of the host's environment but what scripts need to find their interpreter.
package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/nse-dev/nse/registry/reply"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// Options say how a plugin is run. All but NoArena must be set.
type Options struct {
	StartTimeout time.Duration // of the start, up to the handshake
	CallTimeout  time.Duration // of every call
	NoArena      bool          // send tensors in messages
	Log          *slog.Logger  // gets the plugin's output and go-plugin's messages, all at debug level
}

// Host runs one plugin and talks to it. Build may be called concurrently. Kernels run one call at a time.
type Host struct {
	name    string // for messages: plugin "mbconv"
	options Options
	process *process
	client  *plugin.Client
	rpc     wire.OperationsClient
	about   reply.Description
	late    atomic.Bool
	arena   *arena // nil: tensors travel in messages

	running   sync.Mutex                           // during a Run
	crashes   int                                  // in Run
	again     func(context.Context) (*Host, error) // starts the plugin anew
	successor *Host                                // the process that was started after the last crash
}

// maxReply bounds a reply of a plugin in bytes: 4096 nodes are a tenth of it.
const maxReply = 4 << 20

// Launch starts the plugin that a pool file calls by name, by a command line, and asks what it offers. It returns
// within the start timeout and one call's, also if ctx ends. The context bounds the start alone: the plugin outlives
// it.
//
// After a crash in a kernel the plugin is started by the command line that again returns. A nil again stands for the
// same one. A plugin that does not start, or whose description is invalid, is an error of one line, and no process is
// left.
func Launch(
	ctx context.Context, o Options, name string, command []string, again func() ([]string, error),
) (*Host, error) {
	h := &Host{name: fmt.Sprintf("plugin %q", name), options: o, process: newProcess(command)}
	h.again = func(ctx context.Context) (*Host, error) {
		if again == nil {
			return Launch(ctx, o, name, command, nil)
		}
		command, err := again()
		if err != nil {
			return nil, err
		}
		return Launch(ctx, o, name, command, again)
	}
	sockets, err := socketRoot()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be started: %w", h.name, err)
	}
	logger := newLogger(o.Log, filepath.Base(name))
	// go-plugin's own timer is the longer one: that of connect comes first.
	h.client = plugin.NewClient(clientConfig(2*o.StartTimeout, sockets, logger, &h.process.flood,
		func(env []string, sockets string) (runner.Runner, error) {
			h.process.cmd.Env, h.process.sockets = append(env, environment()...), sockets
			h.openArena()
			return h.process, nil
		}))
	if err = h.connect(ctx); err == nil {
		err = h.describe(ctx)
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	// The connection stays open as long as the plugin lives, and a host that is killed cannot tidy up: do it now.
	_ = os.RemoveAll(h.process.sockets)
	return h, nil
}

// clientConfig is how go-plugin speaks with a plugin's process, which run makes. Folders of sockets come into root.
func clientConfig(
	start time.Duration, root string, logger hclog.InterceptLogger, counter *flood,
	run func(env []string, sockets string) (runner.Runner, error),
) *plugin.ClientConfig {
	output := counted{logger.StandardWriter(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}), counter}
	return &plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake(),
		Plugins:          plugin.PluginSet{wire.ServiceName: dispenser{}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         certified,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: root},
		StartTimeout:     start,
		SkipHostEnv:      true,
		Logger:           logger,
		SyncStdout:       output,
		SyncStderr:       output,
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReply)),
			grpc.WithIdleTimeout(0)},
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, sockets string) (runner.Runner, error) {
			return run(cmd.Env, sockets)
		},
	}
}

// certified is whether host and plugin know each other by certificates; elsewhere the socket's folder is the guard.
const certified = runtime.GOOS == "windows"

// environment is all that a plugin gets of the host's environment: scripts need to find their interpreter.
func environment() (env []string) {
	for _, name := range []string{"PATH", "SYSTEMROOT"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// connect starts the process, checks its handshake and opens the connection.
func (h *Host) connect(ctx context.Context) error {
	timer := time.AfterFunc(h.options.StartTimeout, func() {
		h.late.Store(true)
		_ = h.process.Kill(ctx)
	})
	defer timer.Stop()
	defer context.AfterFunc(ctx, func() { _ = h.process.Kill(ctx) })()
	protocol, err := h.client.Client()
	if err != nil {
		return h.explainStart(ctx, err)
	}
	raw, err := protocol.Dispense(wire.ServiceName)
	if err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	h.rpc = raw.(wire.OperationsClient)
	return nil
}

// About is what the plugin says of itself. The families have neither Build nor Kernels.
func (h *Host) About() reply.Description { return h.about }

// describe asks for the plugin's families and checks them.
func (h *Host) describe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.options.CallTimeout)
	defer cancel()
	m, err := h.rpc.Describe(ctx, &wire.DescribeRequest{})
	if err != nil {
		return h.explainCall(ctx, "Describe", err)
	}
	h.process.flood.answered()
	if h.about, err = reply.ReadDescription(m); err != nil {
		return fmt.Errorf("%s %w", h.name, err)
	}
	return nil
}

// Build asks for an operation at a layer: the member of a family with these attributes, which messages call by its
// name. The call has the deadline of Options.CallTimeout. The reply is not trusted, the graph is rebuilt primitive by
// primitive. Its Exec primitives run in the plugin. An operation that is impossible at the layer is a reply.Refusal.
func (h *Host) Build(ctx context.Context, name, family string, attrs sdk.Attrs, l sdk.Layer) (*sdk.Graph, error) {
	values, err := wire.EncodeAttrs(attrs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, h.options.CallTimeout)
	defer cancel()
	m, err := h.rpc.Build(ctx, &wire.BuildRequest{Family: family, Attributes: values, Layer: wire.EncodeLayer(l)})
	if err != nil {
		return nil, h.explainCall(ctx, "Build of "+name, err)
	}
	h.process.flood.answered()
	g, err := reply.ReadBuild(h.name, name, l, m)
	if err != nil {
		return nil, err
	}
	return g, h.bind(name, family, g)
}

// Close ends the process and waits until it is gone. The process ends by the end of its standard input and go-plugin's
// request, and by force if it heeds neither. A kernel in progress is waited for.
func (h *Host) Close() {
	timer := time.AfterFunc(grace, func() { _ = h.process.Kill(context.Background()) })
	defer timer.Stop()
	h.process.hangUp()
	h.client.Kill()
	h.process.release()
	h.closeArena()
}

// grace is how long a plugin may take to end by itself.
const grace = time.Second

// dispenser is the host's side of go-plugin's service.
type dispenser struct{ plugin.NetRPCUnsupportedPlugin }

// GRPCServer is the plugin's side, which package serve has.
func (dispenser) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("process: a host serves no operations")
}

// GRPCClient returns a wire.OperationsClient.
func (dispenser) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return wire.NewOperationsClient(c), nil
}
