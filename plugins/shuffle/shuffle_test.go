package shuffle_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nse-dev/nse/plugins/shuffle"
	"github.com/nse-dev/nse/sdk"
)

func TestEveryChannelCount(t *testing.T) {
	for in := 2; in <= 33; in++ {
		for out := 2; out <= 33; out++ {
			for _, stride := range []int{1, 2} {
				l := sdk.Layer{In: in, Out: out, Stride: stride, Height: 9, Width: 8}
				if _, err := shuffle.Op().Graph(l, sdk.Attrs{"kernel": 3}); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// At a normal layer of 16 channels one half of 8 passes 1×1, depthwise 3×3 and 1×1. At the reduction to 24 one half of
// 12 comes from depthwise and 1×1, the other from all three.
func TestCountsByHand(t *testing.T) {
	op := shuffle.Op()
	for _, c := range []struct {
		layer sdk.Layer
		want  sdk.Count
	}{
		{sdk.Layer{In: 16, Out: 16, Stride: 1, Height: 10, Width: 10},
			sdk.Count{Params: 64 + 72 + 64 + 3*16, MACs: 100 * (64 + 72 + 64)}},
		{sdk.Layer{In: 16, Out: 24, Stride: 2, Height: 10, Width: 10},
			sdk.Count{Params: 144 + 32 + 192 + 24 + 192 + 24 + 108 + 24 + 144 + 24,
				MACs: 25*(144+192) + 100*192 + 25*(108+144)}},
	} {
		g, err := op.Graph(c.layer, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Count(); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.layer, got, c.want)
		}
	}
}

func TestNormalUnit(t *testing.T) {
	for channels, want := range map[int]string{
		4: "slice 2, slice 2, conv2d 2, batchnorm 2, hswish 2, conv2d 2, batchnorm 2, conv2d 2, batchnorm 2, hswish 2" +
			", concat 4, channel_shuffle 4",
		5: "slice 3, slice 2, conv2d 2, batchnorm 2, hswish 2, conv2d 2, batchnorm 2, conv2d 2, batchnorm 2, hswish 2" +
			", concat 5",
	} {
		g, err := shuffle.Op().Graph(sdk.Layer{In: channels, Out: channels, Stride: 1, Height: 4, Width: 4,
			Activation: sdk.HSwish}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, n := range g.Nodes {
			kinds = append(kinds, fmt.Sprint(n.Primitive.Kind(), " ", n.Shape.Channels))
		}
		if got := strings.Join(kinds, ", "); got != want {
			t.Errorf("%d channels:\n got %s\nwant %s", channels, got, want)
		}
	}
}
