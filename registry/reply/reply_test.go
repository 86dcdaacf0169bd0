package reply

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

var layer = sdk.Layer{In: 4, Out: 4, Stride: 1, Height: 5, Width: 6}

// Whatever bytes answer Describe, families that are taken survive the way back, and a pool file that lists them is read
// as those.
func FuzzDescribe(f *testing.F) {
	offered := []sdk.Op{{Name: "none"}, {Name: "box", Attrs: []sdk.Attr{
		{Name: "size", Short: "s", Doc: "of a side", Default: 1, Required: true},
		{Name: "pair", Short: "p", Default: []int{1, 1}},
		{Name: "rate", Short: "r", Default: 0.5},
		{Name: "flat", Short: "f", Default: false},
		{Name: "mode", Short: "m", Default: "sum"},
	}}}
	for _, families := range [][]sdk.Op{offered, {{Name: "plain", Doc: "One.\nTwo"}}, nil, {{Name: "a"}, {Name: "a"}},
		{{Name: "a", Attrs: []sdk.Attr{{Name: "name", Short: "n", Default: 1}}}},
		{{Name: "a", Attrs: []sdk.Attr{{Name: "sizes", Short: "s", Default: make([]int, 3000)}}}},
		{{Name: "a", Attrs: []sdk.Attr{
			{Name: "rate", Short: "r", Default: 5e-324},
			{Name: "none", Short: "n", Default: []int{}},
			{Name: "least", Short: "l", Default: math.MinInt64},
		}}},
	} {
		m := &wire.DescribeReply{ProtocolVersion: wire.ProtocolVersion, SdkVersion: wire.SDKVersion,
			PluginVersion: "v1.2.3"}
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
		d, err := ReadDescription(&m)
		if err != nil {
			oneLineOnly(t, err)
			return
		}
		for _, op := range d.Families {
			family, err := wire.EncodeFamily(op)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := wire.DecodeFamily(family); err != nil || fmt.Sprint(back) != fmt.Sprint(op) {
				t.Fatalf("%+v became %+v, %v", op, back, err)
			}
		}
		text := string(poolfile.Listing("/a/plugin", strings.Repeat("ab", 32), d.Families))
		if len(text) > poolfile.MaxText {
			return
		}
		file := poolfile.File{Name: "listed.toml", Text: text}
		entries, _, err := file.Parse()
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v in\n%s", err, text)
		}
		if all, err := file.Expand(entries[0], d.Families); err != nil || len(all) != len(d.Families) {
			t.Fatalf("%d of %d: %v in\n%s", len(all), len(d.Families), err, text)
		}
	})
}

// Whatever bytes answer Build, a graph that is taken has counts and survives the way back.
func FuzzBuild(f *testing.F) {
	op := sdk.Op{Name: "seed", Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		x := g.Input().Conv1x1(8, 2).BatchNormAct(l.Activation).Depthwise(3, 1, 2)
		return x.SqueezeExcite(4, l.Activation).Conv1x1(l.Out, 1), nil
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
	exec := &wire.Node_Exec{Exec: &wire.Exec{Kernel: "k", Out: wire.EncodeShape(layer.Output()), Macs: 1 << 62,
		Weights: []*wire.Weight{{Name: "w", Shape: []uint32{1 << 31, 1 << 31}}}}}
	huge := &wire.Graph{Nodes: []*wire.Node{{Inputs: []int32{-1}, Primitive: exec}}}
	f.Add(marshalled(f, &wire.BuildReply{Result: &wire.BuildReply_Graph{Graph: huge}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m wire.BuildReply
		if proto.Unmarshal(data, &m) != nil {
			return
		}
		g, err := ReadBuild("plugin", "seed", layer, &m)
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
		back, err := ReadBuild("plugin", "seed", layer, &wire.BuildReply{Result: &wire.BuildReply_Graph{Graph: again}})
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
