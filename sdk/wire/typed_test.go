package wire_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/sdktest"
	"github.com/nse-dev/nse/sdk/wire"
)

// Examples of typed primitives have the counts and shapes that they declare, and survive a round trip to equal bytes.
func TestTypedExamples(t *testing.T) {
	for _, k := range sdk.Kinds() {
		examples := k.Zero.Examples()
		if len(examples) == 0 {
			t.Errorf("%s has no examples", k.Zero.Kind())
		}
		for _, e := range examples {
			if reflect.TypeOf(e.Primitive) != reflect.TypeOf(k.Zero) {
				t.Errorf("%s has an example of %s", k.Zero.Kind(), e.Primitive.Kind())
			}
			c := sdk.Count{MACs: e.Primitive.MACs(e.In)}
			for _, p := range e.Primitive.Params(e.In) {
				if p.Init.Trained() {
					c.Params += int64(p.Size())
				}
			}
			if c != e.Count {
				t.Errorf("%s %+v: counted %+v, by hand %+v", k.Zero.Kind(), e.Primitive, c, e.Count)
			}
			g := sdktest.ExampleGraph(t, e)
			text, err := wire.MarshalGraph(g)
			if err != nil {
				t.Fatal(err)
			}
			back, err := wire.UnmarshalGraph(text, g.In, e.Out)
			if err != nil || !reflect.DeepEqual(back, g) {
				t.Fatalf("got %+v, %v\nwant %+v", back, err, g)
			}
			if again, err := wire.MarshalGraph(back); err != nil || string(again) != string(text) {
				t.Errorf("%s: %x, %v, want %x", k.Zero.Kind(), again, err, text)
			}
		}
	}
}

// The bytes of a typed node are keys of caches and latency tables.
func TestTypedBytes(t *testing.T) {
	g := sdk.NewGraph(sdk.Shape{Height: 1, Width: 1, Channels: 2})
	y := g.Add(sdk.LayerNorm{Eps: 0.5, RMS: true}, g.Input())
	if err := g.Finish(y, g.In); err != nil {
		t.Fatal(err)
	}
	text, err := wire.MarshalGraph(g)
	want := "\n2\n\x010\x12\x01\x01\x9a\x01)\n\nlayer_norm\x12\x10\n\x03eps\x12\t\x19\x00\x00\x00\x00\x00\x00\xe0?" +
		"\x12\t\n\x03rms\x12\x02 \x01"
	if err != nil || string(text) != want {
		t.Errorf("got %q, %v\nwant %q", text, err, want)
	}
}

func TestWrongTyped(t *testing.T) {
	number := func(v float64) *wire.Value { return &wire.Value{Kind: &wire.Value_Number{Number: v}} }
	yes, whole := &wire.Value{Kind: &wire.Value_Switch{Switch: true}}, &wire.Value{Kind: &wire.Value_Whole{Whole: 1}}
	type values = map[string]*wire.Value
	for _, test := range []struct {
		kind, want string
		attributes values
	}{
		{"layer_nrom", `protocol version 1 has no primitive "layer_nrom": the plugin was built with a newer sdk`, nil},
		{"", `protocol version 1 has no primitive "": the plugin was built with a newer sdk`, nil},
		{"conv2d", `primitive "conv2d" has a field of its own in Node: want that`, nil},
		{"layer_norm", `layer_norm needs the attribute "eps"`, nil},
		{"layer_norm", `layer_norm needs the attribute "rms"`, values{"eps": number(1e-5)}},
		{"layer_norm",
			`layer_norm has no attribute "axis" in protocol version 1: the plugin was built with a newer sdk`,
			values{"eps": number(1e-5), "rms": yes, "axis": whole}},
		{"layer_norm", `layer_norm: attribute "eps": got a whole number, want a number`,
			values{"eps": whole, "rms": yes}},
		{"layer_norm", `layer_norm: attribute "eps": got no value, want a number`, values{"eps": nil, "rms": yes}},
		{"layer_norm", `layer_norm: attribute "rms": got a number, want a switch (true or false)`,
			values{"eps": number(1e-5), "rms": number(1)}},
		{"layer_norm", `layer_norm: attribute "eps": 1e+300 is not a finite float32`,
			values{"eps": number(1e300), "rms": yes}},
		{"layer_norm", `layer_norm: attribute "eps": NaN is not a finite float32`,
			values{"eps": number(math.NaN()), "rms": yes}},
	} {
		m := &wire.Graph{Nodes: []*wire.Node{{Inputs: []int32{-1},
			Primitive: &wire.Node_Typed{Typed: &wire.Typed{Kind: test.kind, Attributes: test.attributes}}}}}
		text, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		s := sdk.Shape{Height: 2, Width: 2, Channels: 2}
		if _, err := wire.UnmarshalGraph(text, s, s); fmt.Sprint(err) != "node 0: "+test.want {
			t.Errorf("got %v\nwant node 0: %s", err, test.want)
		}
	}
}
