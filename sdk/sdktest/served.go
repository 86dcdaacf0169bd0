package sdktest

import (
	"context"
	"errors"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/serve"
	"github.com/nse-dev/nse/sdk/wire"
)

// served is a family behind the plugin protocol, in this process.
type served struct {
	server  *grpc.Server
	client  *grpc.ClientConn
	rpc     wire.OperationsClient
	serving sync.WaitGroup
}

// serveFamily serves a family over memory, without a socket. The caller closes it.
func serveFamily(op sdk.Op) (*served, error) {
	operations, err := serve.Operations(op)
	if err != nil {
		return nil, err
	}
	s := &served{server: grpc.NewServer()}
	wire.RegisterOperationsServer(s.server, operations)
	listener := bufconn.Listen(1 << 16)
	dial := func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }
	s.client, err = grpc.NewClient("passthrough:///plugin",
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dial))
	if err != nil {
		return nil, err
	}
	s.rpc = wire.NewOperationsClient(s.client)
	s.serving.Go(func() { _ = s.server.Serve(listener) })
	return s, nil
}

// close ends the server and waits for it.
func (s *served) close() {
	_ = s.client.Close()
	s.server.Stop()
	s.serving.Wait()
}

// build asks for a graph as nse does, rebuilds it from the reply, and returns its message in bytes. An error has the
// plugin's own words.
func (s *served) build(op sdk.Op, l sdk.Layer, attrs sdk.Attrs) ([]byte, error) {
	values, err := wire.EncodeAttrs(attrs)
	if err != nil {
		return nil, err
	}
	reply, err := s.rpc.Build(context.Background(),
		&wire.BuildRequest{Family: op.Name, Attributes: values, Layer: wire.EncodeLayer(l)})
	if err != nil {
		return nil, err
	}
	if reply.GetGraph() == nil {
		return nil, errors.New(reply.GetError())
	}
	g, err := wire.DecodeGraph(reply.GetGraph(), l.Input(), l.Output())
	if err != nil {
		return nil, err
	}
	return wire.MarshalGraph(g)
}
