package graph

import (
	"slices"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

func TestParamLayout(t *testing.T) {
	for _, c := range []struct {
		shape         []int
		torch, engine []float32
	}{
		{[]int{3}, []float32{1, 2, 3}, []float32{1, 2, 3}},
		{[]int{2, 3}, []float32{11, 12, 13, 21, 22, 23}, []float32{11, 21, 12, 22, 13, 23}},
		// element [o, i, h, w] is oihw in decimal digits
		{[]int{2, 2, 1, 3}, []float32{1, 2, 3, 101, 102, 103, 1001, 1002, 1003, 1101, 1102, 1103},
			[]float32{1, 1001, 101, 1101, 2, 1002, 102, 1102, 3, 1003, 103, 1103}},
	} {
		p := newParam(sdk.Param{Name: "0.weight", Shape: c.shape})
		p.SetTorch(p.Value, c.torch)
		if !slices.Equal(p.Value, c.engine) {
			t.Errorf("%v: engine order %v, want %v", c.shape, p.Value, c.engine)
		}
		if got := p.Torch(c.engine); !slices.Equal(got, c.torch) {
			t.Errorf("%v: PyTorch order %v, want %v", c.shape, got, c.torch)
		}
	}
}

func TestParamsOfBlock(t *testing.T) {
	g := build(t, image(4), func(x sdk.Tensor) sdk.Tensor {
		return mbconv(x, 4, 3, 2, 1, 2, sdk.ReLU).SqueezeExcite(2, sdk.ReLU)
	})
	b, err := Compile("b", g)
	if err != nil {
		t.Fatal(err)
	}
	want := g.Params()
	if len(b.Params) != len(want) {
		t.Fatalf("%d parameters, want %d", len(b.Params), len(want))
	}
	for i, p := range b.Params {
		if p.Name != want[i].Name || !slices.Equal(p.Shape, want[i].Shape) || len(p.Value) != want[i].Size() {
			t.Errorf("parameter %d is %s %v, want %s %v", i, p.Name, p.Shape, want[i].Name, want[i].Shape)
		}
		if (p.Grad != nil) != p.Init.Trained() {
			t.Errorf("%s has a gradient of %d floats", p.Name, len(p.Grad))
		}
		start := float32(0)
		if p.Init == sdk.One || p.Init == sdk.RunningVar {
			start = 1
		}
		if p.Value[0] != start {
			t.Errorf("%s starts at %g, want %g", p.Name, p.Value[0], start)
		}
	}
}
