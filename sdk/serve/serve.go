// Package serve is the main function of a plugin binary. It answers the plugin protocol on a Unix socket, or on Windows
// on a port of the loopback address.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// Main serves operations to the nse process that started this one and returns when it is told to stop. When that
// process is gone, it exits. Started by a person it says what it is, and exits with status 1. A mistake in the
// declaration of an operation ends it with that line.
//
// The plugin's version is that of its main module as Go built it: a release, or the commit of a checkout.
//
// Standard input belongs to the host: operations must not read it. Standard output carries the handshake, and must not
// be written before Main. What goes to standard error is in the host's log at debug level.
//
// The functions of an operation may be called from several goroutines at once. A panic in one is an error of that call.
func Main(ops ...sdk.Op) { MainVersion(wire.ProgramVersion(), ops...) }

// MainVersion is Main for a plugin that tells its version itself, in at most 128 printable characters without spaces.
// An empty version tells none.
func MainVersion(version string, ops ...sdk.Op) {
	if h := wire.Handshake(); os.Getenv(h.MagicCookieKey) != h.MagicCookieValue {
		fail(errors.New("this is a plugin for nse, which starts it by itself: name it in ops.toml, then try nse ops " +
			"check --pool ops.toml"))
	}
	server, err := newOperations(version, ops)
	if err == nil {
		server.arena, err = openArena()
	}
	if err != nil {
		fail(err)
	}
	go exitWith(os.Stdin)
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: wire.Handshake(),
		Plugins:         plugin.PluginSet{wire.ServiceName: service{server: server}},
		GRPCServer:      newServer,
		Logger:          hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr}),
	})
}

// fail prints the error in one line, after the program's name, and exits with status 1.
func fail(err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(os.Args[0]), err)
	os.Exit(1)
}

// exitWith ends the process when the host closes its end of the pipe, which its death does too, however it dies.
func exitWith(host io.Reader) {
	_, _ = io.Copy(io.Discard, host)
	os.Exit(0)
}

// service hands the server to go-plugin.
type service struct {
	plugin.NetRPCUnsupportedPlugin
	server *operations
}

// GRPCServer registers the operations.
func (s service) GRPCServer(_ *plugin.GRPCBroker, g *grpc.Server) error {
	wire.RegisterOperationsServer(g, s.server)
	return nil
}

// GRPCClient is the host's side, which package registry has.
func (service) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("serve: a plugin does not call itself")
}

// operations implements the protocol's service.
type operations struct {
	wire.UnimplementedOperationsServer
	version  string
	ops      map[string]sdk.Op
	families []*wire.Family
	arena    []byte // nil: tensors come in messages
}

// newOperations checks the declarations. Families have distinct names, and each has a Build.
func newOperations(version string, ops []sdk.Op) (*operations, error) {
	s := &operations{version: version, ops: map[string]sdk.Op{}}
	if err := wire.CheckVersion(version); err != nil {
		return nil, err
	}
	if len(ops) == 0 {
		return nil, errors.New("serve.Main was given no operation")
	}
	for _, op := range ops {
		if err := op.Validate(); err != nil {
			return nil, err
		}
		if _, twice := s.ops[op.Name]; twice || op.Build == nil {
			return nil, fmt.Errorf("family %s has no Build or is given twice", op.Name)
		}
		family, err := wire.EncodeFamily(op)
		if err != nil {
			return nil, err
		}
		s.ops[op.Name] = op
		s.families = append(s.families, family)
	}
	return s, nil
}

// Operations answers the calls of the plugin protocol as a process of Main does, for tests of operations. Tensors
// travel in messages. It is an error if there is no operation, or if a declaration is invalid.
func Operations(ops ...sdk.Op) (wire.OperationsServer, error) {
	server, err := newOperations("", ops)
	if err != nil {
		return nil, err
	}
	return server, nil
}

// Describe implements wire.OperationsServer. It returns no error.
func (s *operations) Describe(context.Context, *wire.DescribeRequest) (*wire.DescribeReply, error) {
	return &wire.DescribeReply{ProtocolVersion: wire.ProtocolVersion, SdkVersion: wire.SDKVersion,
		PluginVersion: s.version, Families: s.families}, nil
}

// Build implements wire.OperationsServer. What goes wrong in the operation is part of the reply.
func (s *operations) Build(_ context.Context, r *wire.BuildRequest) (*wire.BuildReply, error) {
	g, err := s.build(r)
	if err != nil {
		return &wire.BuildReply{Result: &wire.BuildReply_Error{Error: err.Error()}}, nil
	}
	return &wire.BuildReply{Result: &wire.BuildReply_Graph{Graph: g}}, nil
}

// build is the message of the graph that a request asks for. Attributes and layer are checked by sdk.Op.Graph.
func (s *operations) build(r *wire.BuildRequest) (g *wire.Graph, err error) {
	defer calm(r.GetFamily(), &err)
	op, err := s.family(r.GetFamily())
	if err != nil {
		return nil, err
	}
	attrs, err := wire.DecodeAttrs(r.GetAttributes())
	if err != nil {
		return nil, err
	}
	graph, err := op.Graph(wire.DecodeLayer(r.GetLayer()), attrs)
	if err != nil {
		return nil, err
	}
	return wire.EncodeGraph(graph)
}

// calm turns a panic of an operation into an error, and prints where it was.
func calm(name string, err *error) {
	if p := recover(); p != nil {
		fmt.Fprintf(os.Stderr, "%s panicked: %v\n%s", name, p, debug.Stack())
		*err = fmt.Errorf("%s panicked: %v", name, p)
	}
}

// family is the operation of a name. An unknown name is an error.
func (s *operations) family(name string) (sdk.Op, error) {
	op, ok := s.ops[name]
	if !ok {
		return op, fmt.Errorf("there is no family %q", name)
	}
	return op, nil
}
