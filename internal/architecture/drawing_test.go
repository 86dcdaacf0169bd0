package architecture

import (
	"fmt"
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// What a picture shows of an operation that ships is what its attributes say.
func TestBlockFollowsFromTheGraph(t *testing.T) {
	normal := sdk.Layer{In: 24, Out: 24, Stride: 1, Height: 14, Width: 14, SqueezeExcite: true}
	reduction := sdk.Layer{In: 24, Out: 40, Stride: 2, Height: 14, Width: 14}
	for _, c := range []struct {
		family string
		attrs  sdk.Attrs
		layer  sdk.Layer
		want   string
	}{
		{"mbconv", sdk.Attrs{"kernel": 11, "expand": 6, "dilation": 2, "groups": []int{1, 2}}, normal,
			"{ mbconv [[11 11]] 6 2 [1 2] true}"},
		{"mbconv", sdk.Attrs{"kernel": 3, "expand": 1}, reduction, "{ mbconv [[3 3]] 1 1 [1 1] false}"},
		{"ssc", sdk.Attrs{"kernel": 7, "expand": 4}, reduction, "{ ssc [[1 7] [7 1]] 4 1 [1 1 1 1] false}"},
		{"conv", sdk.Attrs{"expand": 2}, reduction, "{ conv [[3 3]] 2 1 [1 1 1] false}"},
		{"dualconv", sdk.Attrs{"expand": 2}, normal, "{ dualconv [[3 3] [3 3]] 2 1 [1 1 1 1] true}"},
		{"shuffle", sdk.Attrs{"kernel": 5}, normal, "{ shuffle [[5 5]] 0.5 1 [1 1] true}"},
	} {
		op, err := plugins.Builtin(c.family)
		if err != nil {
			t.Fatal(err)
		}
		g, err := op.Graph(c.layer, c.attrs)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(block(registry.Op{Name: "name", Family: c.family}, g)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// Other plugins' operations show their names: one convolution has no inner tensors, and a kernel in a plugin no
// figures.
func TestBlocksOfOtherPlugins(t *testing.T) {
	box := sdk.Op{Name: "box", Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		return g.Input().ConvKxK(l.Out, 5, l.Stride, 1, 1).BatchNorm(), nil
	}}
	g, err := box.Graph(sdk.Layer{In: 8, Out: 16, Stride: 2, Height: 8, Width: 8}, nil)
	if err != nil {
		t.Fatal(err)
	}
	op := registry.Op{Name: "box-k5", Family: "box", Plugin: registry.Plugin{SHA256: "00"}}
	if got, want := fmt.Sprint(block(op, g)), "{box-k5 box [[5 5]] 0 1 [1] false}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	bare := sdk.NewGraph(sdk.Shape{Height: 8, Width: 8, Channels: 8})
	got := fmt.Sprint(block(registry.Op{Name: "pass", Family: "pass"}, bare))
	if want := "{pass pass [] 0 0 [] false}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
