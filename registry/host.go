package registry

import (
	"context"
	"errors"
	"fmt"
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

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// host runs one plugin and talks to it.
type host struct {
	name    string // for messages: plugin "mbconv"
	options Options
	process *process
	client  *plugin.Client
	rpc     wire.OperationsClient
	description
	late  atomic.Bool
	arena *arena // nil: tensors travel in messages

	running   sync.Mutex                           // during a Run
	crashes   int                                  // in Run
	again     func(context.Context) (*host, error) // starts the plugin anew
	successor *host                                // the process that was started after the last crash
}

// maxReply bounds a reply of a plugin in bytes: 4096 nodes are a tenth of it.
const maxReply = 4 << 20

// launch starts a plugin and asks what it offers. It returns within the start timeout and one call's, also if ctx ends.
func launch(ctx context.Context, o Options, name string, command []string) (*host, error) {
	h := &host{name: fmt.Sprintf("plugin %q", name), options: o, process: newProcess(command)}
	logger := newLogger(o.Log, filepath.Base(name))
	h.client = plugin.NewClient(clientConfig(2*o.StartTimeout, logger, func(env []string, sockets string) (runner.Runner, error) { // connect's own timer comes first
		h.process.cmd.Env, h.process.sockets = append(env, environment()...), sockets
		h.openArena()
		return h.process, nil
	}))
	err := h.connect(ctx)
	if err == nil {
		err = h.describe(ctx)
	}
	if err != nil {
		h.close()
		return nil, err
	}
	// The connection stays open as long as the plugin lives, and a host that is killed cannot tidy up: do it now.
	_ = os.RemoveAll(h.process.sockets)
	return h, nil
}

// clientConfig is how go-plugin speaks with a plugin's process, which run makes.
func clientConfig(start time.Duration, logger hclog.InterceptLogger, run func(env []string, sockets string) (runner.Runner, error)) *plugin.ClientConfig {
	output := logger.StandardWriter(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug})
	return &plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake(),
		Plugins:          plugin.PluginSet{wire.ServiceName: dispenser{}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         certified,
		StartTimeout:     start,
		SkipHostEnv:      true,
		Logger:           logger,
		SyncStdout:       output,
		SyncStderr:       output,
		GRPCDialOptions:  []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReply)), grpc.WithIdleTimeout(0)},
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
func (h *host) connect(ctx context.Context) error {
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

// about implements source.
func (h *host) about() description { return h.description }

// describe asks for the plugin's families and checks them.
func (h *host) describe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.options.CallTimeout)
	defer cancel()
	reply, err := h.rpc.Describe(ctx, &wire.DescribeRequest{})
	if err != nil {
		return h.explainCall(ctx, "Describe", err)
	}
	if h.description, err = readDescription(reply); err != nil {
		return fmt.Errorf("%s %w", h.name, err)
	}
	return nil
}

// build implements source. It asks for one operation at one layer and rebuilds the graph in the reply.
func (h *host) build(ctx context.Context, op Op, l sdk.Layer) (*sdk.Graph, error) {
	attrs, err := wire.EncodeAttrs(op.Attrs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, h.options.CallTimeout)
	defer cancel()
	reply, err := h.rpc.Build(ctx, &wire.BuildRequest{Family: op.Family, Attributes: attrs, Layer: wire.EncodeLayer(l)})
	if err != nil {
		return nil, h.explainCall(ctx, "Build of "+op.Name, err)
	}
	g, err := readBuild(h.name, op.Name, l, reply)
	if err != nil {
		return nil, err
	}
	return g, h.bind(op, g)
}

// close ends the process: by the end of its standard input and go-plugin's request, and by force if it heeds neither.
func (h *host) close() {
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
	return errors.New("registry: a host serves no operations")
}

// GRPCClient returns a wire.OperationsClient.
func (dispenser) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return wire.NewOperationsClient(c), nil
}
