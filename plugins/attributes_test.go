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
		{"acb", sdk.Attrs{"kernel": 2}, "acb-k2" + where + "kernel 2 is not an odd number in 1..99"},
		{"bsconv", sdk.Attrs{"kernel": 3, "rank": 1.5}, "bsconv-k3-r1.5" + where + "rank 1.5 is not in 0..1"},
		{"convmixer", sdk.Attrs{"kernel": 8}, "convmixer-k8" + where + "kernel 8 is not an odd number in 1..99"},
		{"eesp", sdk.Attrs{"branches": 1}, "eesp-b1" + where + "branches 1 is not in 2..16"},
		{"eesp", sdk.Attrs{"branches": 3}, "eesp-b3" + where + "3 branches do not divide 16 output channels"},
		{"elan", sdk.Attrs{"convs": 3}, "elan-n3" + where + "convs 3 is not even"},
		{"elan", sdk.Attrs{"width": 0.0}, "elan-w0" + where + "width 0 is not above 0 and up to 8"},
		{"fusedmb", sdk.Attrs{"expand": 0}, "fusedmb-e0" + where + "expand 0 is not in 1..64"},
		{"ghost", sdk.Attrs{"expand": 1, "ratio": 1}, "ghost-e1-r1" + where + "ratio 1 is not in 2..64"},
		{"ghost", sdk.Attrs{"expand": 1, "cheap": 2}, "ghost-e1-c2" + where + "cheap 2 is not an odd number in 1..99"},
		{"hg", sdk.Attrs{"convs": 17}, "hg-n17" + where + "convs 17 is not in 1..16"},
		{"inceptionnext", sdk.Attrs{"band": 10}, "inceptionnext-b10" + where + "band 10 is not an odd number in 1..99"},
		{"lcnet", sdk.Attrs{"kernel": 101}, "lcnet-k101" + where + "kernel 101 is not an odd number in 1..99"},
		{"mixconv", sdk.Attrs{"kernels": []int{3}, "expand": 1}, "mixconv-k3-e1" + where +
			"kernels [3] are not 2 or more"},
		{"mixconv", sdk.Attrs{"kernels": []int{3, 4}, "expand": 1}, "mixconv-k3.4-e1" + where +
			"kernels [3 4] are not odd numbers in 1..99"},
		{"mobileone", sdk.Attrs{"branches": 0}, "mobileone-b0" + where + "branches 0 is not in 1..16"},
		{"msca", sdk.Attrs{"bands": []int{}}, "msca-b" + where + "bands [] are not 1 or more"},
		{"msca", sdk.Attrs{"bands": []int{6}}, "msca-b6" + where + "bands [6] are not odd numbers in 1..99"},
		{"osa", sdk.Attrs{"width": 9.0}, "osa-w9" + where + "width 9 is not above 0 and up to 8"},
		{"parnet", sdk.Attrs{"kernel": 3}, `parnet has no attribute "kernel": it has none`},
		{"pconv", sdk.Attrs{"parts": 17}, "pconv-p17" + where + "16 channels have no 17 parts"},
		{"regnet", sdk.Attrs{"group": 0}, "regnet-g0" + where + "group 0 is not in 1..1024"},
		{"replk", sdk.Attrs{"kernel": 5}, "replk-k5" + where +
			"the small kernel 5 is not less than the large one, 5"},
		{"repvgg", sdk.Attrs{"groups": 3}, "repvgg-g3" + where +
			"node 0 (conv2d): 3 groups do not divide 16 input and 16 output channels"},
		{"repvit", sdk.Attrs{"expand": 65}, "repvit-e65" + where + "expand 65 is not in 1..64"},
		{"res2", sdk.Attrs{"scale": 1}, "res2-s1" + where + "scale 1 is not in 2..16"},
		{"sandglass", sdk.Attrs{"reduce": 0}, "sandglass-r0" + where + "reduce 0 is not in 1..64"},
		{"star", sdk.Attrs{"kernel": 6}, "star-k6" + where + "kernel 6 is not an odd number in 1..99"},
		{"uib", sdk.Attrs{"start": 2, "mid": 0, "expand": 4}, "uib-s2-m0-e4" + where +
			"start 2 is neither 0 nor an odd number in 1..99"},
		{"van", sdk.Attrs{"expand": 0}, "van-e0" + where + "expand 0 is not in 1..64"},
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
