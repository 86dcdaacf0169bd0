package registry

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/protobuf/proto"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// printer is a plugin's process that only prints.
type printer struct {
	*process
	once   sync.Once
	theirs []*os.File
}

func newPrinter(text []byte) (*printer, error) {
	p := &printer{process: newProcess([]string{"printer"})}
	theirs, err := p.pipes()
	if err != nil {
		return nil, err
	}
	p.theirs = theirs
	go func() { _, _ = theirs[1].Write(text) }()
	return p, nil
}

func (p *printer) Start(context.Context) error { return nil }

func (p *printer) Wait(context.Context) error {
	<-p.exited
	return nil
}

func (p *printer) Kill(context.Context) error {
	p.once.Do(func() {
		for _, f := range p.theirs {
			_ = f.Close()
		}
		close(p.exited)
	})
	return nil
}

// Whatever a plugin prints where the handshake belongs, the host goes on, and what it does not take has a reason of one
// line. make fuzz searches for longer than the seeds; so do the other targets.
func FuzzHandshake(f *testing.F) {
	f.Add("1|1|unix|/tmp/socket|grpc|\n")
	f.Add("1|1|unix|/tmp/socket|grpc\n")
	f.Add("1|1|tcp|127.0.0.1:1|grpc||true\n")
	f.Add("1|1|tcp|nowhere.example:1|grpc|\n")
	f.Add("1|2|unix||netrpc|x\n")
	f.Add(" 01|+1|unix|\x00|grpc\n1|1|unix|a|grpc\n")
	f.Add("1|1|unix|/tmp/socket|grpc|" + certificate + "\n")
	f.Add(strings.Repeat("|", 5000) + "\n")
	f.Add("hello\x1b[31m\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		text, _, _ = strings.Cut(text, "\n")
		p, err := newPrinter([]byte(text + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.release()
		defer func() { _ = p.Kill(context.Background()) }()
		config := clientConfig(time.Minute, hclog.NewInterceptLogger(&hclog.LoggerOptions{Output: io.Discard}), func(_ []string, sockets string) (runner.Runner, error) {
			p.sockets = "/tmp"
			return p, os.Remove(sockets)
		})
		start := time.Now()
		addr, err := plugin.NewClient(config).Start()
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q: took %v", text, took)
		}
		line, _, _ := strings.Cut(p.stdout.first(), "\n")
		reason := misfit(line, err)
		switch {
		case err == nil && (addr.Network() != "unix" || reason != ""):
			t.Errorf("%q is taken for %v: %s", text, addr, reason)
		case err != nil && (reason == "" || strings.ContainsAny(reason, "\n\r\x1b") || !utf8.ValidString(reason) || len(reason) > 4096):
			t.Errorf("%q: %v: %q", text, err, reason)
		}
	})
}

// certificate is one as go-plugin would take it from the end of a handshake.
const certificate = "MIHxMIGXoAMCAQICAQEwCgYIKoZIzj0EAwIwADAiGA8wMDAxMDEwMTAwMDAwMFoYDzIwOTYxMDAyMDcwNjQwWjAAMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEI6nxrAJ28ld3Ub3wvD2ZSiawy37waeehfgIDR4FVZQPNPXeTDd7eSTlQqa9B7qGLPd3rkIZpmYUC+8L02hrDuTAKBggqhkjOPQQDAgNJADBGAiEA1oZ6iTTUTCtoMd6Wgpa8n9XdWsmQM37f+kchyFUMdLACIQCVN2vDhKUoGHpF5wHn6gv0ru3wZafX0rkzP65pSP5Cmw"

var layer = sdk.Layer{In: 4, Out: 4, Stride: 1, Height: 5, Width: 6}

// Whatever bytes answer Describe, families that are taken survive the way back, and a pool file that lists them is read
// as those.
func FuzzDescribe(f *testing.F) {
	for _, families := range [][]sdk.Op{families(), {{Name: "plain", Doc: "One.\nTwo"}}, nil, {{Name: "a"}, {Name: "a"}},
		{{Name: "a", Attrs: []sdk.Attr{{Name: "name", Short: "n", Default: 1}}}},
		{{Name: "a", Attrs: []sdk.Attr{{Name: "sizes", Short: "s", Default: make([]int, 3000)}}}},
		{{Name: "a", Attrs: []sdk.Attr{{Name: "rate", Short: "r", Default: 5e-324}, {Name: "none", Short: "n", Default: []int{}}, {Name: "least", Short: "l", Default: math.MinInt64}}}}} {
		m := &wire.DescribeReply{ProtocolVersion: wire.ProtocolVersion, SdkVersion: wire.SDKVersion, PluginVersion: "v1.2.3"}
		for _, op := range families {
			family, err := wire.EncodeFamily(op)
			if err != nil {
				f.Fatal(err)
			}
			m.Families = append(m.Families, family)
		}
		f.Add(marshalled(f, m))
	}
	f.Add(marshalled(f, &wire.DescribeReply{ProtocolVersion: 7, PluginVersion: "a b"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m wire.DescribeReply
		if proto.Unmarshal(data, &m) != nil {
			return
		}
		d, err := readDescription(&m)
		if err != nil {
			oneLineOnly(t, err)
			return
		}
		for _, op := range d.families {
			family, err := wire.EncodeFamily(op)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := wire.DecodeFamily(family); err != nil || fmt.Sprint(back) != fmt.Sprint(op) {
				t.Fatalf("%+v became %+v, %v", op, back, err)
			}
		}
		text := string(listingOf("/a/plugin", strings.Repeat("ab", 32), d.families))
		if len(text) > maxText {
			return
		}
		entries, _, err := parse("listed.toml", []byte(text))
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v in\n%s", err, text)
		}
		if all, err := (poolFile{"listed.toml", text}).expand(entries[0], d.families); err != nil || len(all) != len(d.families) {
			t.Fatalf("%d of %d: %v in\n%s", len(all), len(d.families), err, text)
		}
	})
}

// Whatever bytes answer Build, a graph that is taken has counts and survives the way back.
func FuzzBuild(f *testing.F) {
	op := sdk.Op{Name: "seed", Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		return g.Input().Conv1x1(8, 2).BatchNormAct(l.Activation).Depthwise(3, 1, 2).SqueezeExcite(4, l.Activation).Conv1x1(l.Out, 1), nil
	}}
	g, err := op.Graph(layer, nil)
	if err != nil {
		f.Fatal(err)
	}
	m, err := wire.EncodeGraph(g)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(marshalled(f, &wire.BuildReply{Result: &wire.BuildReply_Graph{Graph: m}}))
	f.Add(marshalled(f, &wire.BuildReply{Result: &wire.BuildReply_Error{Error: "line one\nline two\x07"}}))
	f.Add(marshalled(f, &wire.BuildReply{}))
	exec := &wire.Node_Exec{Exec: &wire.Exec{Kernel: "k", Out: wire.EncodeShape(layer.Output()), Macs: 1 << 62, Weights: []*wire.Weight{{Name: "w", Shape: []uint32{1 << 31, 1 << 31}}}}}
	f.Add(marshalled(f, &wire.BuildReply{Result: &wire.BuildReply_Graph{Graph: &wire.Graph{Nodes: []*wire.Node{{Inputs: []int32{-1}, Primitive: exec}}}}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m wire.BuildReply
		if proto.Unmarshal(data, &m) != nil {
			return
		}
		g, err := readBuild("plugin", "seed", layer, &m)
		if err != nil {
			oneLineOnly(t, err)
			return
		}
		if c := g.Count(); c.MACs < 0 || c.Params < 0 {
			t.Fatalf("counts overflow: %+v", c)
		}
		again, err := wire.EncodeGraph(g)
		if err != nil {
			t.Fatal(err)
		}
		back, err := readBuild("plugin", "seed", layer, &wire.BuildReply{Result: &wire.BuildReply_Graph{Graph: again}})
		if err != nil || fmt.Sprint(back) != fmt.Sprint(g) {
			t.Fatalf("%v\n%v\n%v", err, back, g)
		}
	})
}

func marshalled(f *testing.F, m proto.Message) []byte {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	return data
}

// oneLineOnly fails if an error would break a terminal's line.
func oneLineOnly(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); strings.ContainsAny(text, "\n\r\x1b") || !utf8.ValidString(text) || len(text) > 4096 {
		t.Errorf("%q", text)
	}
}
