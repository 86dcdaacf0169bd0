package sdk_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// Primitives of attention, and those that rearrange or enlarge, say in one line what is wrong.
func TestWrongAttention(t *testing.T) {
	shape := func(h, w, c int) sdk.Shape { return sdk.Shape{Height: h, Width: w, Channels: c} }
	nan := float32(math.NaN())
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
		{sdk.Softmax{Groups: 4}, []sdk.Shape{shape(1, 1, 6)}, "4 groups do not divide 6 channels"},
		{sdk.Softmax{}, []sdk.Shape{shape(1, 1, 6)}, "0 groups do not divide 6 channels"},
		{sdk.MatMul{Heads: 1, Scale: 1, Transposed: true}, []sdk.Shape{shape(2, 2, 6)}, "1 inputs, want 2"},
		{sdk.MatMul{Heads: 4, Scale: 1, Transposed: true}, []sdk.Shape{shape(2, 2, 6), shape(2, 2, 6)},
			"4 heads do not divide 6 channels"},
		{sdk.MatMul{Heads: -1, Scale: 1}, []sdk.Shape{shape(2, 2, 4), shape(2, 2, 6)},
			"-1 heads do not divide 6 channels"},
		{sdk.MatMul{Heads: 1, Scale: nan}, []sdk.Shape{shape(2, 2, 4), shape(2, 2, 6)},
			"scale NaN is not above 0 and up to 1000"},
		{sdk.MatMul{Heads: 1, Transposed: true}, []sdk.Shape{shape(2, 2, 6), shape(2, 2, 6)},
			"scale 0 is not above 0 and up to 1000"},
		{sdk.MatMul{Heads: 2, Scale: 1, Transposed: true}, []sdk.Shape{shape(2, 2, 6), shape(2, 2, 4)},
			"inputs 2×2×6 and 2×2×4 differ in channels"},
		{sdk.MatMul{Heads: 2, Scale: 1}, []sdk.Shape{shape(2, 2, 4), shape(2, 2, 6)},
			"4 channels of the first input are not 2 heads of 4 pixels of the second"},
		{sdk.MatMul{Heads: 1, Scale: 1, Transposed: true}, []sdk.Shape{shape(112, 112, 16), shape(112, 112, 16)},
			"1 heads of 12544×12544 pairs of pixels are more than 16777216 scores: pool first"},
		{sdk.MatMul{Heads: 1 << 16, Scale: 1, Transposed: true},
			[]sdk.Shape{shape(128, 128, 1<<16), shape(128, 128, 1<<16)},
			"65536 heads of 16384×16384 pairs of pixels are more than 16777216 scores: pool first"},
		{sdk.PositionBias{Heads: 2}, []sdk.Shape{shape(2, 3, 6)},
			"6 channels are not the scores of 2 heads between all 2×3 pixels"},
		{sdk.PositionBias{}, []sdk.Shape{shape(2, 3, 6)},
			"6 channels are not the scores of 0 heads between all 2×3 pixels"},
		{sdk.PixelShuffle{Factor: 2}, []sdk.Shape{shape(2, 3, 6)},
			"6 channels are no multiple of 4, the square of factor 2"},
		{sdk.PixelShuffle{}, []sdk.Shape{shape(2, 3, 6)}, "factor 0 is not in 2..64"},
		{sdk.PixelUnshuffle{Factor: 65}, []sdk.Shape{shape(2, 3, 6)}, "factor 65 is not in 2..64"},
		{sdk.PixelUnshuffle{Factor: 2}, []sdk.Shape{shape(2, 3, 6)}, "factor 2 does not divide 2×3 pixels"},
		{sdk.TransposedDepthwise{Kernel: 0, Stride: 2}, []sdk.Shape{shape(2, 3, 6)},
			"kernel 0 and stride 2 are not in 1..1024 and 1..8"},
		{sdk.TransposedDepthwise{Kernel: 3, Stride: 2, Pad: 3}, []sdk.Shape{shape(2, 3, 6)},
			"padding 3 is not from 0 and below kernel 3"},
		{sdk.TransposedDepthwise{Kernel: 3, Stride: 2, OutputPad: 2}, []sdk.Shape{shape(2, 3, 6)},
			"output padding 2 is not from 0 and below stride 2"},
	} {
		if _, err := test.p.Infer(test.in); fmt.Sprint(err) != test.want {
			t.Errorf("%s %+v of %v: got %v, want %s", test.p.Kind(), test.p, test.in, err, test.want)
		}
	}
}

// An attention over the whole image has the scale and the counts of Vaswani et al. One at 112×112 is refused in one
// line where it is laid out.
func TestAttention(t *testing.T) {
	op := sdk.Op{Name: "attention", Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		qkv := g.Input().Conv1x1(3*l.In, 1).Split(l.In, l.In, l.In)
		return qkv[0].Scores(qkv[1], 4).Softmax(4).MatMul(qkv[2], 4).Conv1x1(l.Out, 1), nil
	}}
	l := sdk.Layer{In: 64, Out: 64, Stride: 1, Height: 14, Width: 14}
	g, err := op.Graph(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	const pixels = 14 * 14
	if c, want := g.Count(), int64(4*64*64*pixels+2*pixels*pixels*64); c.MACs != want {
		t.Errorf("an attention has %d MACs, want %d", c.MACs, want)
	}
	if m := g.Nodes[4].Primitive.(sdk.MatMul); m.Scale != 0.25 || g.Nodes[4].Shape.Channels != 4*pixels {
		t.Errorf("scores %+v have %d channels, want the scale 1/√16 and %d", m, g.Nodes[4].Shape.Channels, 4*pixels)
	}
	l.Height, l.Width = 112, 112
	_, err = op.Graph(l, nil)
	want := "attention at layer 0 (64→64, stride 1, 112×112): node 4 (matmul): 4 heads of 12544×12544 pairs of " +
		"pixels are more than 16777216 scores: pool first"
	if fmt.Sprint(err) != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// Every kernel from 2 to 5 doubles an image.
func TestTransposedDepthwiseDoubles(t *testing.T) {
	for kernel := 2; kernel <= 5; kernel++ {
		g := sdk.NewGraph(sdk.Shape{Height: 3, Width: 5, Channels: 4})
		y := g.Input().TransposedDepthwise(kernel)
		if err := g.Finish(y, sdk.Shape{Height: 6, Width: 10, Channels: 4}); err != nil {
			t.Errorf("kernel %d: %v", kernel, err)
		}
	}
}
