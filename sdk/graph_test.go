package sdk_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/sdk"
)

func start(h, w, c int) (*sdk.Graph, sdk.Tensor) {
	g := sdk.NewGraph(sdk.Shape{Height: h, Width: w, Channels: c})
	return g, g.Input()
}

func TestShapes(t *testing.T) {
	g, x := start(9, 6, 12)
	for i, c := range []struct {
		got  sdk.Tensor
		want string
	}{
		{x, "9×6×12"},
		{x.Conv(sdk.Conv2D{Out: 5, Kernel: [2]int{3, 2}, Stride: [2]int{2, 1}, Pad: [2]int{1, 0},
			Dilation: [2]int{2, 3}}), "4×3×5"},
		{x.Conv1x1(8, 4), "9×6×8"},
		{x.ConvKxK(7, 5, 2, 1, 1), "5×3×7"},
		{x.Depthwise(3, 2, 3), "5×3×12"},
		{x.BatchNorm(), "9×6×12"},
		{x.Activate(sdk.Swish), "9×6×12"},
		{x.SqueezeExcite(4, sdk.ReLU), "9×6×12"},
		{x.MaxPool(3, 2, 1), "5×3×12"},
		{x.AvgPool(2, 2, 0), "4×3×12"},
		{x.GlobalAvgPool(), "1×1×12"},
		{x.GlobalAvgPool().Linear(10), "1×1×10"},
		{x.Add(x, x), "9×6×12"},
		{x.Multiply(x.GlobalAvgPool()), "9×6×12"},
		{x.Multiply(x), "9×6×12"},
		{x.Concat(x.Conv1x1(3, 1), x), "9×6×27"},
		{x.Split(3, 9)[1], "9×6×9"},
		{x.ChannelShuffle(3), "9×6×12"},
		{x.Dropout(0.5), "9×6×12"},
		{x.DropPath(0), "9×6×12"},
	} {
		if got := c.got.Shape().String(); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	if g.Err() != nil {
		t.Error(g.Err())
	}
}

func TestErrorsNameTheNode(t *testing.T) {
	pair := func(n int) [2]int { return [2]int{n, n} }
	for _, test := range []struct {
		want  string
		build func(x sdk.Tensor) sdk.Tensor
	}{
		{"node 0 (conv2d): 0 output channels are not in 1..65536",
			func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(0, 1) }},
		{"node 0 (conv2d): 65537 output channels are not in 1..65536",
			func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(65537, 1) }},
		{"node 1 (conv2d): 3 groups do not divide 4 input and 6 output channels",
			func(x sdk.Tensor) sdk.Tensor { return x.BatchNorm().Conv1x1(6, 3) }},
		{"node 0 (conv2d): 2 groups do not divide 4 input and 5 output channels",
			func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(5, 2) }},
		{"node 0 (conv2d): -1 groups do not divide 4 input and 4 output channels",
			func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(4, -1) }},
		{"node 0 (conv2d): window is larger than the padded input 8×8×4",
			func(x sdk.Tensor) sdk.Tensor { return x.Conv(sdk.Conv2D{Out: 1, Kernel: pair(5), Dilation: pair(2)}) }},
		{"node 0 (conv2d): kernel 0, stride 1, padding 0, dilation 1 are not in 1..1024 (padding from 0)",
			func(x sdk.Tensor) sdk.Tensor { return x.Conv(sdk.Conv2D{Out: 1}) }},
		{"node 0 (conv2d): kernel 3, stride 1, padding -1, dilation 1 are not in 1..1024 (padding from 0)",
			func(x sdk.Tensor) sdk.Tensor {
				return x.Conv(sdk.Conv2D{Out: 1, Kernel: pair(3), Pad: pair(-1)})
			}},
		{"node 0 (conv2d): weight [65536 4 1023 1023] is too large",
			func(x sdk.Tensor) sdk.Tensor { return x.ConvKxK(65536, 1023, 1, 1, 1) }},
		{"node 0 (linear): input 8×8×4 is not 1×1: pool it first",
			func(x sdk.Tensor) sdk.Tensor { return x.Linear(3) }},
		{"node 1 (linear): -3 outputs are not in 1..65536",
			func(x sdk.Tensor) sdk.Tensor { return x.GlobalAvgPool().Linear(-3) }},
		{"node 0 (Activation(8)): unknown activation 8", func(x sdk.Tensor) sdk.Tensor { return x.Activate(8) }},
		{"node 0 (squeeze_excite): reduction 5 is not in 1..4 (the channels)",
			func(x sdk.Tensor) sdk.Tensor { return x.SqueezeExcite(5, sdk.ReLU) }},
		{"node 0 (squeeze_excite): unknown activation -1",
			func(x sdk.Tensor) sdk.Tensor { return x.SqueezeExcite(2, -1) }},
		{"node 0 (max_pool): padding 2 is more than half the kernel 3",
			func(x sdk.Tensor) sdk.Tensor { return x.MaxPool(3, 1, 2) }},
		{"node 0 (avg_pool): window is larger than the padded input 8×8×4",
			func(x sdk.Tensor) sdk.Tensor { return x.AvgPool(9, 1, 0) }},
		{"node 0 (add): 1 inputs, want at least 2", func(x sdk.Tensor) sdk.Tensor { return x.Add() }},
		{"node 1 (add): inputs 8×8×4 and 1×1×4 differ",
			func(x sdk.Tensor) sdk.Tensor { return x.Add(x.GlobalAvgPool()) }},
		{"node 1 (multiply): second input 8×8×2 is neither 8×8×4 nor 1×1×4",
			func(x sdk.Tensor) sdk.Tensor { return x.Multiply(x.Conv1x1(2, 1)) }},
		{"node 0 (concat): 1 inputs, want at least 2", func(x sdk.Tensor) sdk.Tensor { return x.Concat() }},
		{"node 1 (concat): inputs 8×8×4 and 4×4×4 differ in size",
			func(x sdk.Tensor) sdk.Tensor { return x.Concat(x.AvgPool(2, 2, 0)) }},
		{"node 1 (slice): channels 3..5 are not in 0..3", func(x sdk.Tensor) sdk.Tensor { return x.Split(3, 3)[1] }},
		{"split of 4 channels into [1 2]", func(x sdk.Tensor) sdk.Tensor { return x.Split(1, 2)[1] }},
		{"node 0 (channel_shuffle): 3 groups do not divide 4 channels",
			func(x sdk.Tensor) sdk.Tensor { return x.ChannelShuffle(3) }},
		{"node 0 (dropout): rate 1 is not at least 0 and below 1",
			func(x sdk.Tensor) sdk.Tensor { return x.Dropout(1) }},
		{"node 0 (drop_path): rate -0.5 is not at least 0 and below 1",
			func(x sdk.Tensor) sdk.Tensor { return x.DropPath(-0.5) }},
		{`node 0 (exec): kernel "K": a name is 1 to 64 lower-case letters, digits and dashes, and starts with a letter`,
			func(x sdk.Tensor) sdk.Tensor { return x.Exec(sdk.Exec{Kernel: "K"}) }},
		{"node 0 (exec): output 0×0×0 is empty",
			func(x sdk.Tensor) sdk.Tensor { return x.Exec(sdk.Exec{Kernel: "k"}) }},
		{"node 0 (exec): -1 multiply-accumulates", func(x sdk.Tensor) sdk.Tensor {
			return x.Exec(sdk.Exec{Kernel: "k", Out: x.Shape(), Work: -1})
		}},
		{`node 0 (exec): weight "w": shape [2 3 4]: want 1, 2 or 4 dimensions`,
			weighted(sdk.Param{Name: "w", Shape: []int{2, 3, 4}})},
		{`node 0 (exec): weight "w": shape [65536 65536] is empty or too large`,
			weighted(sdk.Param{Name: "w", Shape: []int{65536, 65536}})},
		{`node 0 (exec): weight "w": initial value 3: want Kaiming, Zero or One`,
			weighted(sdk.Param{Name: "w", Shape: []int{2}, Init: sdk.RunningMean})},
		{`node 0 (exec): weight "a b": a name is 1 to 64 letters, digits and underscores`,
			weighted(sdk.Param{Name: "a b", Shape: []int{2}})},
		{"output is 8×8×5, the layer needs 8×8×4", func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(5, 1) }},
		{"nodes 0 and 1 are both named \"a\"",
			func(x sdk.Tensor) sdk.Tensor { return x.BatchNorm().Named("a").BatchNorm().Named("a") }},
		{"nodes 0 and 1 are both named \"1\"",
			func(x sdk.Tensor) sdk.Tensor { return x.BatchNorm().Named("1").BatchNorm() }},
		{"node 0: name \"a b\" is not 1 to 64 letters, digits, dots, dashes and underscores",
			func(x sdk.Tensor) sdk.Tensor { return x.BatchNorm().Named("a b") }},
		{"nodes 0 and 1 both have a parameter \"a.fc1.weight\"", func(x sdk.Tensor) sdk.Tensor {
			return x.SqueezeExcite(2, sdk.ReLU).Named("a").Conv1x1(4, 1).Named("a.fc1")
		}},
		{"node 0 (conv2d) does not reach the output", func(x sdk.Tensor) sdk.Tensor {
			x.Conv1x1(4, 1)
			return x.BatchNorm()
		}},
		{"the output is not a tensor of this graph", func(sdk.Tensor) sdk.Tensor { return sdk.Tensor{} }},
		{"node 0 (add): an input is from another graph", func(x sdk.Tensor) sdk.Tensor {
			_, y := start(8, 8, 4)
			return x.Add(y)
		}},
		{"node 4096 (relu): more than 4096 nodes", func(x sdk.Tensor) sdk.Tensor {
			for range 5000 {
				x = x.Activate(sdk.ReLU)
			}
			return x
		}},
		// The first error stays, whatever comes after it.
		{"node 1 (conv2d): 3 groups do not divide 4 input and 4 output channels", func(x sdk.Tensor) sdk.Tensor {
			return x.BatchNorm().Conv1x1(4, 3).Conv1x1(0, 0).Named("b").Linear(0)
		}},
	} {
		g, x := start(8, 8, 4)
		if err := g.Finish(test.build(x), sdk.Shape{Height: 8, Width: 8, Channels: 4}); fmt.Sprint(err) != test.want {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

func TestBatchNormConstants(t *testing.T) {
	for want, p := range map[string]sdk.BatchNorm{
		"node 0 (batchnorm): eps 0 is not between 0 and 1":   {},
		"node 0 (batchnorm): eps NaN is not between 0 and 1": {Eps: float32(math.NaN())},
		"node 0 (batchnorm): momentum 2 is not in 0..1":      {Eps: 0.1, Momentum: 2},
	} {
		g, x := start(8, 8, 4)
		if g.Add(p, x); fmt.Sprint(g.Err()) != want {
			t.Errorf("got %v, want %s", g.Err(), want)
		}
	}
}

func TestSizeLimits(t *testing.T) {
	g, x := start(65536, 65536, 1)
	if err := g.Finish(x, x.Shape()); fmt.Sprint(err) != "output 65536×65536×1 is too large" {
		t.Error(err)
	}
	g, x = start(1024, 1024, 1)
	if err := g.Finish(x.Conv1x1(1025, 1), x.Shape()); fmt.Sprint(err) !=
		"node 0 (conv2d): output 1024×1024×1025 is too large" {
		t.Error(err)
	}
	g, x = start(1024, 1024, 1024)
	if err := g.Finish(x.ConvKxK(1024, 33, 1, 1, 1), x.Shape()); fmt.Sprint(err) !=
		"node 0 (conv2d): weight [1024 1024 33 33] is too large" {
		t.Error(err)
	}
	g, x = start(8192, 4096, 32)
	if err := g.Finish(x.ConvKxK(32, 1023, 1, 1, 1), x.Shape()); fmt.Sprint(err) !=
		"node 0 (conv2d): 35958462634524672 multiply-accumulates are too many" {
		t.Error(err)
	}
}

// The counts of each primitive, by hand: 6×4 pixels, 8 channels.
func TestCounts(t *testing.T) {
	for _, c := range []struct {
		build func(x sdk.Tensor) sdk.Tensor
		want  sdk.Count
	}{
		{func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(16, 4) }, sdk.Count{Params: 32, MACs: 24 * 32}},
		{func(x sdk.Tensor) sdk.Tensor { return x.ConvKxK(5, 3, 2, 1, 1) }, sdk.Count{Params: 360, MACs: 6 * 360}},
		{func(x sdk.Tensor) sdk.Tensor { return x.Depthwise(5, 1, 1) }, sdk.Count{Params: 200, MACs: 24 * 200}},
		{func(x sdk.Tensor) sdk.Tensor { return x.Conv(sdk.Conv2D{Out: 2, Kernel: [2]int{1, 3}, Bias: true}) },
			sdk.Count{Params: 50, MACs: 12 * 48}},
		{func(x sdk.Tensor) sdk.Tensor { return x.BatchNormAct(sdk.HSwish) }, sdk.Count{Params: 16}},
		{func(x sdk.Tensor) sdk.Tensor { return x.SqueezeExcite(3, sdk.ReLU) },
			sdk.Count{Params: 2*16 + 2 + 8, MACs: 32}},
		{func(x sdk.Tensor) sdk.Tensor { return x.GlobalAvgPool().Linear(3) }, sdk.Count{Params: 27, MACs: 24}},
		{func(x sdk.Tensor) sdk.Tensor { return x.MaxPool(3, 1, 1).Add(x).ChannelShuffle(2).Dropout(0.1) },
			sdk.Count{}},
	} {
		g, x := start(6, 4, 8)
		y := c.build(x)
		if err := g.Finish(y, y.Shape()); err != nil {
			t.Fatal(err)
		}
		if got := g.Count(); got != c.want {
			t.Errorf("%v: %+v, want %+v", g.Nodes[0].Primitive, got, c.want)
		}
	}
}

func TestParamNames(t *testing.T) {
	g, x := start(4, 4, 8)
	y := x.Conv1x1(4, 2).BatchNorm().Named("norm").SqueezeExcite(2, sdk.ReLU)
	if err := g.Finish(y, y.Shape()); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range g.Params() {
		lines = append(lines, fmt.Sprint(p.Name, p.Shape, " ", p.Init.Trained()))
	}
	want := "0.weight[4 4 1 1] true norm.weight[4] true norm.bias[4] true norm.running_mean[4] false " +
		"norm.running_var[4] false " +
		"2.fc1.weight[2 4 1 1] true 2.fc1.bias[2] true 2.fc2.weight[4 2 1 1] true 2.fc2.bias[4] true"
	if got := strings.Join(lines, " "); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// An odd kernel with Same padding divides the size by the stride, rounded up, at any dilation that fits: the rule of
// Layer.Output.
func TestSameConvolutionGivesTheLayersOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 40)
		l := sdk.Layer{In: 3, Out: 2, Stride: rapid.IntRange(1, 8).Draw(t, "stride"), Height: side.Draw(t, "height"),
			Width: side.Draw(t, "width")}
		g := sdk.NewGraph(l.Input())
		y := g.Input().ConvKxK(l.Out, 2*rapid.IntRange(0, 5).Draw(t, "half")+1, l.Stride,
			rapid.IntRange(1, 3).Draw(t, "dilation"), 1)
		if err := g.Finish(y, l.Output()); err != nil {
			t.Fatal(err)
		}
	})
}

// weighted adds a kernel with one weight.
func weighted(p sdk.Param) func(sdk.Tensor) sdk.Tensor {
	return func(x sdk.Tensor) sdk.Tensor {
		return x.Exec(sdk.Exec{Kernel: "k", Out: x.Shape(), Weights: []sdk.Param{p}})
	}
}

// A kernel that the family does not have, has twice or by half is a mistake of its author.
func TestKernels(t *testing.T) {
	run := func(sdk.Call) error { return nil }
	layer := sdk.Layer{In: 4, Out: 4, Stride: 1, Height: 2, Width: 2}
	for _, test := range []struct {
		want    string
		kernels []sdk.Kernel
	}{
		{`node 0 (exec): family f has no kernel "k"`, nil},
		{`family f: kernel "k" is declared twice`,
			[]sdk.Kernel{{Name: "k", Forward: run, Backward: run}, {Name: "k", Forward: run, Backward: run}}},
		{`family f: kernel "k": want Forward and Backward`, []sdk.Kernel{{Name: "k", Forward: run}}},
		{`family f: kernel "K": a name is 1 to 64 lower-case letter`,
			[]sdk.Kernel{{Name: "K", Forward: run, Backward: run}}},
	} {
		op := sdk.Op{Name: "f", Kernels: test.kernels,
			Build: func(g *sdk.Graph, _ sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
				return weighted(sdk.Param{Name: "w", Shape: []int{4}})(g.Input()), nil
			}}
		_, err := op.Graph(layer, nil)
		if got := fmt.Sprint(op.Validate(), err); !strings.Contains(got, test.want) {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
