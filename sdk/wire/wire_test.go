package wire_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/sdktest"
	"github.com/nse-dev/nse/sdk/wire"
)

// randomGraph draws a valid graph: primitives are added to the last tensor, or join it with an earlier one.
func randomGraph(t *rapid.T) *sdk.Graph {
	side := rapid.IntRange(1, 9)
	g := sdk.NewGraph(sdk.Shape{Height: side.Draw(t, "height"), Width: side.Draw(t, "width"),
		Channels: 2 * side.Draw(t, "channels")})
	x := g.Input()
	for i := range rapid.IntRange(0, 12).Draw(t, "steps") {
		x = step(t, g, x)
		if rapid.Bool().Draw(t, "named") {
			x = x.Named(fmt.Sprintf("node-%d.a", i))
		}
	}
	if err := g.Finish(x, x.Shape()); err != nil {
		t.Fatal(err)
	}
	return g
}

func step(t *rapid.T, g *sdk.Graph, x sdk.Tensor) sdk.Tensor {
	c := x.Shape().Channels
	act := sdk.Activation(rapid.IntRange(0, len(wire.Activation_name)-1).Draw(t, "activation"))
	small := rapid.IntRange(1, 3)
	rate := float32(rapid.IntRange(0, 99).Draw(t, "rate")) / 100
	typed := slices.DeleteFunc(sdktest.Fitting(x.Shape()), func(e sdk.Example) bool { return e.Out.Channels < 2 })
	kind := rapid.IntRange(0, 16+len(typed)).Draw(t, "kind")
	if kind > 16 {
		e := typed[kind-17]
		return g.Add(e.Primitive, slices.Repeat([]sdk.Tensor{x}, len(e.In))...)
	}
	switch kind {
	case 0:
		return x.Conv(sdk.Conv2D{
			Out: 2 * small.Draw(t, "out"), Kernel: [2]int{small.Draw(t, "kh"), small.Draw(t, "kw")}, Groups: 1,
			Pad:      [2]int{3, 4},
			Stride:   [2]int{small.Draw(t, "sh"), small.Draw(t, "sw")},
			Dilation: [2]int{small.Draw(t, "dh"), small.Draw(t, "dw")}, Bias: rapid.Bool().Draw(t, "bias"),
		})
	case 1:
		return x.Depthwise(2*small.Draw(t, "k")-1, small.Draw(t, "s"), small.Draw(t, "d"))
	case 2:
		return x.GlobalAvgPool().Linear(2 * small.Draw(t, "out"))
	case 3:
		return x.BatchNorm()
	case 4:
		return x.Activate(act)
	case 5:
		return x.SqueezeExcite(rapid.IntRange(1, c).Draw(t, "reduction"), act)
	case 6:
		return x.MaxPool(3, small.Draw(t, "s"), 1)
	case 7:
		return x.AvgPool(3, small.Draw(t, "s"), 1)
	case 8:
		return x.Add(x.BatchNorm(), x)
	case 9:
		return x.Multiply(x.GlobalAvgPool())
	case 10:
		return x.Concat(x.Activate(act))
	case 11:
		parts := x.Split(1, c-1)
		return parts[1].Concat(parts[0])
	case 12:
		return x.ChannelShuffle(c)
	case 13:
		return x.Dropout(rate)
	case 14:
		return x.DropPath(rate)
	case 15:
		return x.Exec(sdk.Exec{Kernel: "k", Args: []int{-1, small.Draw(t, "argument")},
			Out: sdk.Shape{Height: 2, Width: 1, Channels: c},
			Weights: []sdk.Param{{Name: "weight", Shape: []int{c, 3}, Init: sdk.One},
				{Name: "b", Shape: []int{c}, Init: sdk.Zero}},
			Work: 1 << 40, Deterministic: rapid.Bool().Draw(t, "deterministic")})
	}
	return x.Conv1x1(2*small.Draw(t, "out"), 1)
}

func TestGraphRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := randomGraph(t)
		message, err := wire.EncodeGraph(want)
		if err != nil {
			t.Fatal(err)
		}
		bytes, err := proto.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		var received wire.Graph
		if err := proto.Unmarshal(bytes, &received); err != nil {
			t.Fatal(err)
		}
		output := want.In
		if want.Output != sdk.InputNode {
			output = want.Nodes[want.Output].Shape
		}
		got, err := wire.DecodeGraph(&received, want.In, output)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}

func TestFamilyAndAttrsRoundTrip(t *testing.T) {
	want := sdk.Op{Name: "all-types", Doc: "Has one of each.", Attrs: []sdk.Attr{
		{Name: "whole", Short: "w", Doc: "a", Default: -3, Required: true},
		{Name: "wholes", Short: "l", Doc: "b", Default: []int{4, -5}},
		{Name: "number", Short: "n", Doc: "c", Default: 0.25},
		{Name: "switch", Short: "s", Doc: "d", Default: true},
		{Name: "text", Short: "t", Doc: "e", Default: "abc"},
	}}
	message, err := wire.EncodeFamily(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeFamily(message)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	attrs := sdk.Attrs{"whole": 7, "wholes": []int{}, "number": 1e300, "switch": false, "text": "ä"}
	values, err := wire.EncodeAttrs(attrs)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := wire.DecodeAttrs(values); err != nil || !reflect.DeepEqual(back, attrs) {
		t.Errorf("got %v, %v, want %v", back, err, attrs)
	}
	if _, err := wire.EncodeAttrs(sdk.Attrs{"x": int8(1)}); fmt.Sprint(err) !=
		`attribute "x": a value of type int8 cannot be an attribute's` {
		t.Error(err)
	}
	if _, err := wire.DecodeAttrs(map[string]*wire.Value{"x": nil}); fmt.Sprint(err) !=
		`attribute "x": it has no value` {
		t.Error(err)
	}
}

func TestLayerRoundTrip(t *testing.T) {
	want := sdk.Layer{Index: 1, In: 2, Out: 3, Stride: 4, Height: 5, Width: 6, Activation: sdk.HSwish,
		SqueezeExcite: true}
	if got := wire.DecodeLayer(wire.EncodeLayer(want)); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestInvalidGraphs(t *testing.T) {
	in := sdk.Shape{Height: 4, Width: 4, Channels: 2}
	relu := func(name string, inputs ...int32) *wire.Node {
		return &wire.Node{Name: name, Inputs: inputs, Primitive: &wire.Node_Activate{Activate: &wire.Activate{}}}
	}
	newer := relu("", -1)
	newer.Primitive = nil
	newer.ProtoReflect().SetUnknown([]byte{0xfa, 0x01, 0x00}) // field 31, empty
	for _, test := range []struct {
		want string
		m    *wire.Graph
	}{
		{"output: node 0 does not exist before node 0", &wire.Graph{}},
		{"output: node -2 does not exist before node 0", &wire.Graph{Output: -2}},
		{"node 0 (relu): node 7 does not exist before node 0", &wire.Graph{Nodes: []*wire.Node{relu("", 7)}}},
		{"node 0 (relu): 0 inputs, want 1", &wire.Graph{Nodes: []*wire.Node{relu("")}}},
		{"node 0: it has no primitive", &wire.Graph{Nodes: []*wire.Node{{}}}},
		{"node 0: a primitive that protocol version 1 does not have: the plugin was built with a newer sdk",
			&wire.Graph{Nodes: []*wire.Node{newer}}},
		{"node 0 (conv2d): 0 output channels are not in 1..65536",
			&wire.Graph{Nodes: []*wire.Node{{Inputs: []int32{-1}, Primitive: &wire.Node_Conv2D{}}}}},
		{"nodes 0 and 1 are both named \"a\"",
			&wire.Graph{Nodes: []*wire.Node{relu("a", -1), relu("a", 0)}, Output: 1}},
		{"node 1 (relu) does not reach the output", &wire.Graph{Nodes: []*wire.Node{relu("", -1), relu("", 0)}}},
		{"node 0: name \"../a\" is not 1 to 64 letters, digits, dots, dashes and underscores",
			&wire.Graph{Nodes: []*wire.Node{relu("../a", -1)}}},
		{"node 0 (Activation(9)): unknown activation 9",
			&wire.Graph{Nodes: []*wire.Node{{Inputs: []int32{-1},
				Primitive: &wire.Node_Activate{Activate: &wire.Activate{Activation: 9}}}}}},
		{"node 0 (slice): channels 4294967295..4294967294 are not in 0..1",
			&wire.Graph{Nodes: []*wire.Node{{Inputs: []int32{-1},
				Primitive: &wire.Node_Slice{Slice: &wire.Slice{From: 1<<32 - 1}}}}}},
		{"node 0 (max_pool): kernel 0, stride 0, padding 0, dilation 1 are not in 1..1024 (padding from 0)",
			&wire.Graph{Nodes: []*wire.Node{{Inputs: []int32{-1}, Primitive: &wire.Node_MaxPool{}}}}},
		{"output is 4×4×2, the layer needs 4×4×3", &wire.Graph{Output: -1}},
	} {
		needs := in
		if strings.Contains(test.want, "the layer needs") {
			needs.Channels = 3
		}
		if _, err := wire.DecodeGraph(test.m, in, needs); fmt.Sprint(err) != test.want {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

// Any bytes either decode to a graph that survives a round trip, or give an error.
func FuzzDecodeGraph(f *testing.F) {
	kernel := func(sdk.Call) error { return nil }
	op := sdk.Op{Name: "seed", Kernels: []sdk.Kernel{{Name: "k", Forward: kernel, Backward: kernel}},
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			x := g.Input().Conv1x1(8, 2).BatchNormAct(l.Activation).Depthwise(3, 1, 2).SqueezeExcite(4, l.Activation)
			parts := x.Split(3, 5)
			return parts[1].Concat(parts[0]).ChannelShuffle(2).Dropout(0.5).DropPath(0.1).MaxPool(3, 1, 1).
				Exec(sdk.Exec{Kernel: "k", Args: []int{1}, Out: l.Output(),
					Weights: []sdk.Param{{Name: "weight", Shape: []int{l.Out, 8, 1, 1}}}}), nil
		}}
	layer := sdk.Layer{In: 4, Out: 4, Stride: 1, Height: 5, Width: 6}
	seed, err := op.Graph(layer, nil)
	if err != nil {
		f.Fatal(err)
	}
	message, err := wire.EncodeGraph(seed)
	if err != nil {
		f.Fatal(err)
	}
	bytes, err := proto.Marshal(message)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes)
	for _, k := range sdk.Kinds() {
		for _, e := range k.Zero.Examples() {
			text, err := wire.MarshalGraph(sdktest.ExampleGraph(f, e))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m wire.Graph
		if proto.Unmarshal(data, &m) != nil {
			return
		}
		g, err := wire.DecodeGraph(&m, layer.Input(), layer.Output())
		if err != nil {
			return
		}
		if c := g.Count(); c.MACs < 0 || c.Params < 0 {
			t.Fatalf("counts overflow: %+v", c)
		}
		again, err := wire.EncodeGraph(g)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := wire.DecodeGraph(again, layer.Input(), layer.Output()); err != nil ||
			fmt.Sprint(back) != fmt.Sprint(g) {
			t.Fatalf("%v\n%v\n%v", err, back, g)
		}
	})
}
