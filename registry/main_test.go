package registry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-plugin"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/serve"
	"github.com/nse-dev/nse/sdk/wire"
)

// The test binary is its own plugin: with the argument "plugin" it serves a built-in one, or one with a fault.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "plugin" {
		servePlugin(os.Args[2])
		return
	}
	if len(os.Args) == 3 && os.Args[1] == "host" {
		hostForEver(os.Args[2])
		return
	}
	goleak.VerifyTestMain(m)
}

// options run the test binary as plugins.
func options() registry.Options {
	return registry.Options{Self: []string{os.Args[0], "plugin"}, StartTimeout: time.Minute, CallTimeout: time.Minute}
}

// load parses a pool and closes it when the test ends.
func load(t *testing.T, text string) (*registry.Pool, error) {
	t.Helper()
	return loadWith(t, text, options())
}

func loadWith(t *testing.T, text string, o registry.Options) (*registry.Pool, error) {
	t.Helper()
	pool, err := registry.Parse(t.Context(), "ops.toml", []byte(text), t.TempDir(), o)
	if err == nil {
		t.Cleanup(func() {
			if err := pool.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return pool, err
}

// wait waits to be killed. (A select without cases would be a deadlock to the runtime where nothing else runs.)
func wait() {
	for {
		time.Sleep(time.Hour)
	}
}

func servePlugin(name string) {
	ops := map[string]func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error){
		"plain": func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().Conv1x1(l.Out, 1), nil
		},
		"prints": func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			fmt.Println("printed in Build")
			return g.Input().Conv1x1(l.Out, 1), nil
		},
		"panics": func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error) { panic("no idea\nat all") },
		"hangs":  func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error) { wait(); return sdk.Tensor{}, nil },
		"dies": func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error) {
			go func() { panic("out of luck") }()
			wait()
			return sdk.Tensor{}, nil
		},
		"spies": func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error) {
			var names []string
			for _, v := range os.Environ() {
				name, _, _ := strings.Cut(v, "=")
				names = append(names, name)
			}
			names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "PLUGIN_") })
			return sdk.Tensor{}, errors.New(strings.Join(names, " "))
		},
		"shape": func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().Conv1x1(l.Out+1, 1), nil
		},
	}
	if name == "dated" {
		serve.MainVersion("v1.2.3-rc.1+ö", sdk.Op{Name: name, Build: ops["plain"]})
		return
	}
	if build, ok := ops[name]; ok {
		serve.Main(sdk.Op{Name: name, Build: build})
		return
	}
	if k, ok := kernels()[name]; ok {
		serve.Main(execOp(name, k))
		return
	}
	switch name {
	case "exits":
		fmt.Fprintln(os.Stderr, "first line\nno licence found")
		os.Exit(3)
	case "mute":
		wait()
	case "garbage":
		fmt.Println("hello, I am\x1b[31m a program")
		wait()
	case "flood":
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	case "old":
		h := wire.Handshake()
		h.ProtocolVersion = 7
		answer(h, &liar{})
	case "netrpc":
		fmt.Println("1|1|unix|/nowhere|netrpc|")
		wait()
	case "tcp":
		fmt.Println("1|1|tcp|127.0.0.1:9|grpc|")
		wait()
	case "elsewhere":
		fmt.Println("1|1|unix|" + os.Getenv(plugin.EnvUnixSocketDir) + "/../socket|grpc|")
		wait()
	case "nowhere":
		fmt.Println("1|1|unix|" + os.Getenv(plugin.EnvUnixSocketDir) + "/none|grpc|")
		wait()
	case "bare":
		serveBare(&liar{describe: described(1, &wire.Family{Name: name}),
			build: &wire.BuildReply{Result: &wire.BuildReply_Graph{Graph: &wire.Graph{Output: -1}}}})
	case "lodger":
		folder, err := os.Stat(os.Getenv(plugin.EnvUnixSocketDir)) // it is gone once the host has connected
		serve.Main(sdk.Op{Name: name, Build: func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error) {
			return sdk.Tensor{}, fmt.Errorf("its folder is %v, %v", folder.Mode(), err)
		}})
	case "child":
		child := exec.Command("sleep", "60")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			panic(err)
		}
		serve.Main(sdk.Op{Name: name, Build: ops["plain"]})
	default:
		if l, ok := liars()[name]; ok {
			answer(wire.Handshake(), l)
			return
		}
		op, err := plugins.Builtin(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, "nse:", err) // as the command does
			os.Exit(1)
		}
		serve.Main(op)
	}
}

// liar is a plugin that did not use package serve.
type liar struct {
	wire.UnimplementedOperationsServer
	describe *wire.DescribeReply
	build    *wire.BuildReply
	hang     bool
}

func (l *liar) Describe(context.Context, *wire.DescribeRequest) (*wire.DescribeReply, error) {
	if l.hang {
		wait()
	}
	return l.describe, nil
}

func (l *liar) Build(context.Context, *wire.BuildRequest) (*wire.BuildReply, error) {
	return l.build, nil
}

func described(version uint32, families ...*wire.Family) *wire.DescribeReply {
	return &wire.DescribeReply{ProtocolVersion: version, Families: families}
}

// liars are plugins with nonsense for replies, by name.
func liars() map[string]*liar {
	good := described(1, &wire.Family{Name: "lie"})
	graph := func(output int32, nodes ...*wire.Node) *wire.BuildReply {
		return &wire.BuildReply{Result: &wire.BuildReply_Graph{Graph: &wire.Graph{Nodes: nodes, Output: output}}}
	}
	relu := func(input int32) *wire.Node {
		return &wire.Node{Inputs: []int32{input}, Primitive: &wire.Node_Activate{Activate: &wire.Activate{}}}
	}
	many := make([]*wire.Node, 5000)
	for i := range many {
		many[i] = relu(int32(i) - 1)
	}
	return map[string]*liar{
		"deaf":    {hang: true},
		"version": {describe: described(2, &wire.Family{Name: "lie"})},
		"unsaid": {describe: &wire.DescribeReply{ProtocolVersion: 1, PluginVersion: "1.0 or so",
			Families: good.Families}},
		"nothing":  {describe: described(1)},
		"twice":    {describe: described(1, &wire.Family{Name: "lie"}, &wire.Family{Name: "lie"})},
		"badname":  {describe: described(1, &wire.Family{Name: "A Lie"})},
		"silent":   {describe: good, build: &wire.BuildReply{}},
		"empty":    {describe: good, build: graph(0)},
		"self":     {describe: good, build: graph(0, relu(0))},
		"blank":    {describe: good, build: graph(0, &wire.Node{Inputs: []int32{-1}})},
		"huge":     {describe: good, build: graph(4999, many...)},
		"stubborn": {describe: described(1, &wire.Family{Name: "stubborn"}), build: graph(0, relu(-1))},
		"chatty": {describe: good,
			build: &wire.BuildReply{Result: &wire.BuildReply_Error{Error: "line one\nline two\x07"}}},
		"tooheavy": {describe: good,
			build: &wire.BuildReply{Result: &wire.BuildReply_Error{Error: strings.Repeat("x", 5<<20)}}},
	}
}

// leftInOrder is a file that the bare plugin writes when its standard input ends.
var leftInOrder = filepath.Join(filepath.Dir(os.Args[0]), "left-in-order")

// serveBare serves a liar without go-plugin, as docs/plugins.md says.
func serveBare(l *liar) {
	socket := filepath.Join(os.Getenv(plugin.EnvUnixSocketDir), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	wire.RegisterOperationsServer(server, l)
	fmt.Printf("1|1|unix|%s|grpc|\n", socket)
	go func() { _ = server.Serve(listener) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := os.WriteFile(leftInOrder, nil, 0o600); err != nil {
		panic(err)
	}
	os.Exit(0)
}

// answer serves a liar.
func answer(h plugin.HandshakeConfig, l *liar) {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: h, GRPCServer: plugin.DefaultGRPCServer,
		Plugins: plugin.PluginSet{wire.ServiceName: lying{liar: l}},
	})
}

type lying struct {
	plugin.NetRPCUnsupportedPlugin
	liar *liar
}

func (l lying) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	wire.RegisterOperationsServer(s, l.liar)
	return nil
}

func (lying) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

// hostForEver loads a pool of the named plugins, says so and waits to be killed.
func hostForEver(names string) {
	var text bytes.Buffer
	for _, name := range strings.Split(names, ",") {
		fmt.Fprintf(&text, "[[plugin]]\nbuiltin = %q\n[[plugin.op]]\nname = %q\n", name, name)
	}
	if _, err := registry.Parse(context.Background(), "ops.toml", text.Bytes(), ".", options()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("loaded")
	wait()
}
