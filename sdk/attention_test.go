package sdk_test

import (
	"fmt"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// Primitives of attention say in one line what is wrong.
func TestWrongAttention(t *testing.T) {
	shape := func(h, w, c int) sdk.Shape { return sdk.Shape{Height: h, Width: w, Channels: c} }
	for _, test := range []struct {
		p    sdk.Primitive
		in   []sdk.Shape
		want string
	}{
		{sdk.ChannelConv{Kernel: 3}, []sdk.Shape{shape(2, 1, 4)}, "input 2×1×4 is not 1×1: pool it first"},
		{sdk.ChannelConv{Kernel: 4}, []sdk.Shape{shape(1, 1, 4)}, "kernel 4 is not odd and in 1..1023"},
		{sdk.ChannelConv{Kernel: -1}, []sdk.Shape{shape(1, 1, 4)}, "kernel -1 is not odd and in 1..1023"},
		{sdk.ChannelConv{Kernel: 1025}, []sdk.Shape{shape(1, 1, 4)}, "kernel 1025 is not odd and in 1..1023"},
		{sdk.GatePixels{}, []sdk.Shape{shape(2, 3, 4)}, "1 inputs, want 2"},
		{sdk.GatePixels{}, []sdk.Shape{shape(2, 3, 4), shape(2, 3, 2)}, "second input 2×3×2 is not 2×3×1"},
		{sdk.GatePixels{}, []sdk.Shape{shape(2, 3, 4), shape(3, 2, 1)}, "second input 3×2×1 is not 2×3×1"},
		{sdk.ChannelPool{}, nil, "0 inputs, want 1"},
	} {
		if _, err := test.p.Infer(test.in); fmt.Sprint(err) != test.want {
			t.Errorf("%s %+v of %v: got %v, want %s", test.p.Kind(), test.p, test.in, err, test.want)
		}
	}
}
