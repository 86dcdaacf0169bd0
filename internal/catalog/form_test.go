package catalog

import (
	"math"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
)

// TestForm: an inverted bottleneck with dilation, two windows after a stride, two branches, and no window at all.
func TestForm(t *testing.T) {
	shape := sdk.Shape{Height: 32, Width: 32, Channels: 8}
	square := func(out, kernel, stride, dilation, groups int) sdk.Conv2D {
		pad := sdk.Same(kernel, dilation)
		return sdk.Conv2D{Out: out, Kernel: pair{kernel, kernel}, Stride: pair{stride, stride}, Pad: pair{pad, pad},
			Dilation: pair{dilation, dilation}, Groups: groups}
	}
	for name, c := range map[string]struct {
		build func(x sdk.Tensor) sdk.Tensor
		want  evolve.Form
	}{
		"bottleneck": {func(x sdk.Tensor) sdk.Tensor {
			return x.Conv1x1(48, 1).Conv(square(48, 3, 1, 2, 48)).Conv1x1(8, 1)
		}, evolve.Form{Width: 6, Window: 5, Dilation: 5.0 / 3}},
		"stride": {func(x sdk.Tensor) sdk.Tensor {
			return x.Conv(square(16, 3, 2, 1, 1)).Conv(square(16, 5, 1, 1, 1))
		}, evolve.Form{Width: 2, Window: 1 + 2 + 2*4, Dilation: 1}},
		"branches": {func(x sdk.Tensor) sdk.Tensor {
			return x.Conv(square(8, 3, 1, 1, 8)).Add(x.Conv(square(8, 7, 1, 1, 8)))
		}, evolve.Form{Width: 1, Window: 7, Dilation: 1}},
		"separable": {func(x sdk.Tensor) sdk.Tensor {
			across := sdk.Conv2D{Out: 24, Kernel: pair{1, 9}, Stride: pair{1, 1}, Pad: pair{0, 4}, Dilation: pair{1, 1},
				Groups: 1}
			return x.Conv(across)
		}, evolve.Form{Width: 1, Window: 3, Dilation: 1}},
		"pointwise": {func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(8, 1) },
			evolve.Form{Width: 0, Window: 1, Dilation: 1}},
		"identity": {func(x sdk.Tensor) sdk.Tensor { return x }, evolve.Form{Width: 0, Window: 1, Dilation: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			g := sdk.NewGraph(shape)
			y := c.build(g.Input())
			if err := g.Finish(y, y.Shape()); err != nil {
				t.Fatal(err)
			}
			got := form(g)
			if math.Abs(got.Dilation-c.want.Dilation) > 1e-12 {
				t.Errorf("dilation %v, want %v", got.Dilation, c.want.Dilation)
			}
			if got.Dilation = c.want.Dilation; got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
