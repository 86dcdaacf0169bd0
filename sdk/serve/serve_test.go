package serve_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/serve"
	"github.com/nse-dev/nse/sdk/wire"
)

// The test binary is the plugin of its own tests, with the operations that an environment variable names.
func TestMain(m *testing.M) {
	ops, ok := served()[os.Getenv("NSE_TEST_SERVE")]
	if !ok {
		os.Exit(m.Run())
	}
	serve.Main(ops...)
}

func served() map[string][]sdk.Op {
	build := func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
		if a.Int("mode") == 1 {
			var none []int
			return sdk.Tensor{}, fmt.Errorf("%d", none[3])
		}
		if a.Int("mode") == 2 {
			return sdk.Tensor{}, errors.New("mode 2 is closed")
		}
		fmt.Println("this goes to the host's log, not into the handshake")
		return g.Input().Conv1x1(l.Out, 1), nil
	}
	mode := []sdk.Attr{{Name: "mode", Short: "m", Default: 0}}
	return map[string][]sdk.Op{
		"good":    {{Name: "good", Attrs: mode, Build: build}},
		"none":    {},
		"name":    {{Name: "Bad Name", Build: build}},
		"nobuild": {{Name: "nobuild"}},
		"twice":   {{Name: "same", Build: build}, {Name: "same", Build: build}},
	}
}

// command runs the test binary as the plugin, with nse's cookie or without.
func command(ops string, cookie bool) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "NSE_TEST_SERVE="+ops)
	if h := wire.Handshake(); cookie {
		cmd.Env = append(cmd.Env, h.MagicCookieKey+"="+h.MagicCookieValue)
	}
	return cmd
}

func TestOneLineAndStatus(t *testing.T) {
	for ops, want := range map[string]string{
		"good": "this is a plugin for nse, which starts it by itself: name it in ops.toml, then try nse ops check " +
			"--pool ops.toml",
		"none": "serve.Main was given no operation",
		"name": `family "Bad Name": a name is 1 to 64 lower-case letters, digits and dashes, and starts with ` +
			`a letter`,
		"nobuild": "family nobuild has no Build or is given twice",
		"twice":   "family same has no Build or is given twice",
	} {
		out, err := command(ops, ops != "good").CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Errorf("%s: %v, want exit status 1", ops, err)
		}
		if want = "serve.test: " + want + "\n"; string(out) != want {
			t.Errorf("%s: got %swant %s", ops, out, want)
		}
	}
}

func TestEndsWithItsHost(t *testing.T) {
	cmd := command("good", true)
	cmd.Env = append(cmd.Env, plugin.EnvUnixSocketDir+"="+t.TempDir())
	host, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "1|1|") || !strings.Contains(line, "|grpc|") {
		t.Fatalf("handshake %q, %v", line, err)
	}
	killer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer killer.Stop()
	if err := host.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("got %v, want exit status 0", err)
	}
}

// caller gives a test the protocol's client.
type caller struct{ plugin.NetRPCUnsupportedPlugin }

func (caller) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }
func (caller) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return wire.NewOperationsClient(c), nil
}

func TestReplies(t *testing.T) {
	// go-plugin gives its child this process's standard input, whose end would end it: lend one that stays open.
	stdin, open, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	defer func(old *os.File) { os.Stdin = old }(os.Stdin)
	os.Stdin = stdin
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: wire.Handshake(), Plugins: plugin.PluginSet{wire.ServiceName: caller{}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Cmd: command("good", false),
		Logger: hclog.NewNullLogger(),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := protocol.Dispense(wire.ServiceName)
	if err != nil {
		t.Fatal(err)
	}
	rpc := raw.(wire.OperationsClient)
	described, err := rpc.Describe(t.Context(), &wire.DescribeRequest{})
	if err != nil || described.GetProtocolVersion() != wire.ProtocolVersion || len(described.GetFamilies()) != 1 {
		t.Fatalf("%v, %v", described, err)
	}
	layer := sdk.Layer{In: 3, Out: 2, Stride: 1, Height: 4, Width: 4}
	for mode, want := range map[any]string{
		0:   "",
		1:   "good panicked: runtime error: index out of range [3] with length 0",
		2:   "good-m2 at layer 0 (3→2, stride 1, 4×4): mode 2 is closed",
		"x": `good: attribute "mode" is a whole number, not a text`,
	} {
		attrs, err := wire.EncodeAttrs(sdk.Attrs{"mode": mode})
		if err != nil {
			t.Fatal(err)
		}
		reply, err := rpc.Build(t.Context(), &wire.BuildRequest{Family: "good", Attributes: attrs,
			Layer: wire.EncodeLayer(layer)})
		if err != nil || reply.GetError() != want || (reply.GetGraph() == nil) != (want != "") {
			t.Errorf("mode %v: got %v, %v, want %q", mode, reply, err, want)
		}
	}
	reply, err := rpc.Build(t.Context(), &wire.BuildRequest{Family: "bad"})
	if want := `there is no family "bad"`; err != nil || reply.GetError() != want {
		t.Errorf("got %v, %v, want %s", reply, err, want)
	}
}
