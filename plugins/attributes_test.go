package plugins_test

import (
	"fmt"
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
)

func TestWrongAttributes(t *testing.T) {
	layer := sdk.Layer{In: 16, Out: 16, Stride: 1, Height: 8, Width: 8}
	where := " at layer 0 (16→16, stride 1, 8×8): "
	for _, c := range []struct {
		family string
		attrs  sdk.Attrs
		want   string
	}{
		{"mbconv", sdk.Attrs{"kernel": 4, "expand": 3}, "mbconv-k4-e3" + where +
			"kernel 4 is not an odd number in 1..99"},
		{"mbconv", sdk.Attrs{"kernel": 3, "expand": 0}, "mbconv-k3-e0" + where + "expand 0 is not in 1..64"},
		{"mbconv", sdk.Attrs{"kernel": 3, "expand": 1, "dilation": 0}, "mbconv-k3-e1-d0" + where +
			"dilation 0 is not in 1..99"},
		{"mbconv", sdk.Attrs{"kernel": 3, "expand": 1, "groups": []int{2}}, "mbconv-k3-e1-g2" + where +
			"groups [2] are not two positive numbers"},
		{"mbconv", sdk.Attrs{"kernel": 3, "expand": 1, "groups": []int{3, 1}}, "mbconv-k3-e1-g3.1" + where +
			"node 0 (conv2d): 3 groups do not divide 16 input and 16 output channels"},
		{"mbconv", sdk.Attrs{"kernel": 3},
			`mbconv needs the attribute "expand" (width of the depthwise convolution in input channels)`},
		{"ssc", sdk.Attrs{"kernel": 100, "expand": 1}, "ssc-k100-e1" + where +
			"kernel 100 is not an odd number in 1..99"},
		{"ssc", sdk.Attrs{"kernel": 5, "expand": 65}, "ssc-k5-e65" + where + "expand 65 is not in 1..64"},
		{"conv", sdk.Attrs{"kernel": 2, "expand": 1}, "conv-k2-e1" + where + "kernel 2 is not an odd number in 1..99"},
		{"conv", sdk.Attrs{"expand": -1}, "conv-e-1" + where + "expand -1 is not in 1..64"},
		{"dualconv", sdk.Attrs{"kernel": 0, "expand": 1}, "dualconv-k0-e1" + where +
			"kernel 0 is not an odd number in 1..99"},
		{"dualconv", sdk.Attrs{"expand": 99}, "dualconv-e99" + where + "expand 99 is not in 1..64"},
		{"shuffle", sdk.Attrs{"kernel": 6}, "shuffle-k6" + where + "kernel 6 is not an odd number in 1..99"},
	} {
		op, err := plugins.Builtin(c.family)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = op.Graph(layer, c.attrs); fmt.Sprint(err) != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
}
