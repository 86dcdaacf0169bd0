package export

import (
	"math"
	"slices"
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

func (n *Network) merged(t *testing.T) *Network {
	t.Helper()
	m, err := n.Merged()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Networks merge without another answer: the logits of the engine stay within 1e-4 of the greatest.
func TestMergedLogits(t *testing.T) {
	for _, n := range networks(t) {
		m := n.merged(t)
		if before, after := len(n.Weights.Tensors), len(m.Weights.Tensors); (after < before) != (n.Name == "modern") {
			t.Errorf("%s: %d tensors from %d", n.Name, after, before)
		}
		_, x := n.images(2)
		got, want := m.logits(t, 2, x), n.logits(t, 2, x)
		var off, most float64
		for i := range want {
			off, most = max(off, math.Abs(float64(got[i]-want[i]))), max(most, math.Abs(float64(want[i])))
		}
		if !(off <= 1e-4*most) {
			t.Errorf("%s: logits are off by %.2g of %.2g", n.Name, off, most)
		}
	}
}

// RepVGG is exported with one convolution and one activation a layer, and MobileOne with two of each.
func TestMergedOperators(t *testing.T) {
	for name, c := range map[string]struct {
		attrs sdk.Attrs
		layer []string
	}{
		"repvgg":    {nil, []string{"Conv", "Relu"}},
		"mobileone": {sdk.Attrs{"branches": 4}, []string{"Conv", "Relu", "Conv", "Relu"}},
		"acb":       {nil, []string{"Conv", "Relu"}},
	} {
		op, err := plugins.Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		ops := [][]member{{{op, c.attrs}}, {{op, c.attrs}}, {{op, c.attrs}}}
		n := network(t, name, sdk.Shape{Height: 9, Width: 10, Channels: 3},
			supernet.Macro{Channels: []int{8, 12}, Layers: "N R N", StemStride: 1, Join: "sum"}, ops)
		model, err := n.merged(t).ONNX(ONNXConfig{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		operators, _ := fields(t, first(fields(t, model, 7)), 1)
		for _, m := range operators {
			got = append(got, string(first(fields(t, m, 4))))
		}
		want := slices.Concat([]string{"Conv", "Relu"}, slices.Repeat(c.layer, 3),
			[]string{"Conv", "Relu", "GlobalAveragePool", "Conv", "Flatten"})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
