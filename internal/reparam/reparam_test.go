package reparam

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

func conv(out, kernel, pad, dilation, groups int) sdk.Conv2D {
	return sdk.Conv2D{Out: out, Kernel: [2]int{kernel, kernel}, Pad: [2]int{pad, pad}, Groups: groups,
		Dilation: [2]int{dilation, dilation}}
}

// uneven has height and width of its own, padded to keep the size.
func uneven(out, height, width, groups int) sdk.Conv2D {
	return sdk.Conv2D{Out: out, Kernel: [2]int{height, width}, Pad: [2]int{height / 2, width / 2}, Groups: groups}
}

func strided(c sdk.Conv2D) sdk.Conv2D {
	c.Stride = [2]int{2, 2}
	return c
}

// geometry is a convolution in short.
func geometry(c sdk.Conv2D) string {
	return fmt.Sprintf("%d of %d×%d, pad %d %d, dilation %d %d, groups %d", c.Out, c.Kernel[0], c.Kernel[1], c.Pad[0],
		c.Pad[1], c.Dilation[0], c.Dilation[1], c.Groups)
}

// Branches become the one convolution that was written down by hand, and it computes what they did.
func TestBranchesMerge(t *testing.T) {
	for name, c := range map[string]struct {
		build func(x sdk.Tensor) sdk.Tensor // of 8 channels, 11×10
		want  []string
	}{
		"RepVGG": {func(x sdk.Tensor) sdk.Tensor {
			return x.Conv(conv(8, 3, 1, 1, 1)).BatchNorm().
				Add(x.Conv1x1(8, 1).BatchNorm(), x.BatchNorm()).Activate(sdk.ReLU)
		}, []string{"8 of 3×3, pad 1 1, dilation 1 1, groups 1"}},
		"stride 2": {func(x sdk.Tensor) sdk.Tensor {
			return x.Conv(strided(conv(6, 3, 1, 1, 2))).BatchNorm().
				Add(x.Conv(strided(conv(6, 1, 0, 1, 2))).BatchNorm())
		}, []string{"6 of 3×3, pad 1 1, dilation 1 1, groups 2"}},
		"ACB": {func(x sdk.Tensor) sdk.Tensor {
			return x.Conv(conv(5, 3, 1, 1, 1)).BatchNorm().
				Add(x.Conv(uneven(5, 1, 3, 1)).BatchNorm(), x.Conv(uneven(5, 3, 1, 1)).BatchNorm())
		}, []string{"5 of 3×3, pad 1 1, dilation 1 1, groups 1"}},
		"UniRepLKNet": {func(x sdk.Tensor) sdk.Tensor {
			return x.Depthwise(9, 1, 1).BatchNorm().Add(x.Depthwise(3, 1, 4).BatchNorm(),
				x.Depthwise(5, 1, 2).BatchNorm())
		}, []string{"8 of 9×9, pad 4 4, dilation 1 1, groups 8"}},
		"dilations of a common step": {func(x sdk.Tensor) sdk.Tensor {
			return x.Depthwise(5, 1, 2).BatchNorm().Add(x.Depthwise(3, 1, 4), x)
		}, []string{"8 of 5×5, pad 4 4, dilation 2 2, groups 8"}},
		"groups within groups": {func(x sdk.Tensor) sdk.Tensor {
			return x.Conv(conv(16, 3, 1, 1, 2)).BatchNorm().Add(x.Conv(conv(16, 3, 1, 1, 8)), x.Conv1x1(16, 4))
		}, []string{"16 of 3×3, pad 1 1, dilation 1 1, groups 2"}},
		"biases and a norm of the sum": {func(x sdk.Tensor) sdk.Tensor {
			biased := uneven(8, 3, 5, 8)
			biased.Bias = true
			return x.Conv(biased).BatchNorm().Add(x.Depthwise(1, 1, 1), x).BatchNorm().Add(x.BatchNorm())
		}, []string{"8 of 3×5, pad 1 2, dilation 1 1, groups 8"}},
		"without padding": {func(x sdk.Tensor) sdk.Tensor {
			return x.Conv(conv(8, 2, 0, 1, 1)).Add(x.Conv(conv(8, 2, 0, 1, 1)))
		}, []string{"8 of 2×2, pad 0 0, dilation 1 1, groups 1"}},
		"two in a row": {func(x sdk.Tensor) sdk.Tensor {
			y := x.Conv(conv(8, 3, 1, 1, 1)).Add(x).Activate(sdk.HSwish)
			return y.Conv1x1(8, 1).BatchNorm().Add(y.BatchNorm())
		}, []string{"8 of 3×3, pad 1 1, dilation 1 1, groups 1", "8 of 1×1, pad 0 0, dilation 1 1, groups 1"}},
	} {
		g := finished(t, c.build)
		w := weights(g)
		merged, tensors, err := Merge(g, "p.", w)
		if err != nil {
			t.Fatal(name, err)
		}
		var got []string
		for _, n := range merged.Nodes {
			if c, ok := n.Primitive.(sdk.Conv2D); ok {
				got = append(got, geometry(c))
			} else if k := n.Primitive.Kind(); k == "add" || k == "batchnorm" {
				t.Errorf("%s: an %s is left", name, k)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if a, b := merged.Count().MACs, g.Count().MACs; a > b {
			t.Errorf("%s: %d MACs from %d", name, a, b)
		}
		near(t, name, run(t, merged, &safetensors.File{Tensors: tensors}), run(t, g, w))
	}
}

// What one convolution cannot stand for, or only at more MACs, stays as it is, to the bit.
func TestOthersStay(t *testing.T) {
	for name, build := range map[string]func(x sdk.Tensor) sdk.Tensor{
		"no sum": func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(8, 1).BatchNorm() },
		"a kernel that would grow": func(x sdk.Tensor) sdk.Tensor {
			return x.Conv(uneven(8, 9, 3, 8)).BatchNorm().Add(x.Conv(uneven(8, 3, 9, 8)).BatchNorm())
		},
		"groups that would join": func(x sdk.Tensor) sdk.Tensor {
			return x.Depthwise(3, 1, 1).BatchNorm().Add(x.Conv1x1(8, 1).BatchNorm())
		},
		"tensors that differ": func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(8, 1).Activate(sdk.ReLU).Add(x) },
		"another reader": func(x sdk.Tensor) sdk.Tensor {
			y := x.Conv1x1(8, 1)
			return y.Add(x).Multiply(y)
		},
		"a norm of a map": func(x sdk.Tensor) sdk.Tensor { return x.BatchNorm().Add(x) },
		"an average":      func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(8, 1).Add(x.AvgPool(3, 1, 1)) },
		"no node":         func(x sdk.Tensor) sdk.Tensor { return x },
	} {
		g := finished(t, build)
		w := weights(g)
		merged, tensors, err := Merge(g, "p.", w)
		if err != nil {
			t.Fatal(name, err)
		}
		if merged != g || !slices.EqualFunc(tensors, w.Tensors, func(a, b safetensors.Tensor) bool {
			return a.Name == b.Name && slices.Equal(a.Data, b.Data)
		}) {
			t.Errorf("%s: merged into %v", name, merged.Nodes)
		}
	}
}

// (2x − 4)·3/√(2 + 0.25) + 1 + x is 5x − 7.
func TestMergeByHand(t *testing.T) {
	g := sdk.NewGraph(sdk.Shape{Height: 1, Width: 1, Channels: 1})
	x := g.Input()
	y := g.Add(sdk.BatchNorm{Eps: 0.25, Momentum: 0.1}, x.Conv1x1(1, 1).Named("c")).Named("n")
	if err := g.Finish(y.Add(x).Named("sum"), x.Shape()); err != nil {
		t.Fatal(err)
	}
	w := new(safetensors.File)
	for i, p := range g.Params() { // c.weight, then n's weight, bias, running_mean, running_var
		w.Tensors = append(w.Tensors, safetensors.NewFloat32(p.Name, p.Shape, []float32{[]float32{2, 3, 1, 4, 2}[i]}))
	}
	_, tensors, err := Merge(g, "", w)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tensor := range tensors {
		v, _ := tensor.Float32s()
		got = append(got, fmt.Sprint(tensor.Name, tensor.Shape, v))
	}
	if want := []string{"sum.weight[1 1 1 1] [5]", "sum.bias[1] [-7]"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWeightsMustFit(t *testing.T) {
	g := finished(t, func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(8, 1).Named("c").Add(x) })
	one := func(yield func(string, *sdk.Graph) bool) { yield("p.", g) }
	tensor := func(name string, shape ...int) safetensors.Tensor {
		return safetensors.NewFloat32(name, shape, make([]float32, shape[0]))
	}
	for want, tensors := range map[string][]safetensors.Tensor{
		`no tensor "p.c.weight"`:                            nil,
		`tensor "p.c.weight" has shape [8], want [8 8 1 1]`: {tensor("p.c.weight", 8)},
		`1 tensors belong to no operation of the network`:   append(weights(g).Tensors, tensor("more", 1)),
	} {
		if _, _, err := Network(one, &safetensors.File{Tensors: tensors}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func finished(t *testing.T, build func(sdk.Tensor) sdk.Tensor) *sdk.Graph {
	t.Helper()
	g := sdk.NewGraph(sdk.Shape{Height: 11, Width: 10, Channels: 8})
	y := build(g.Input())
	if err := g.Finish(y, y.Shape()); err != nil {
		t.Fatal(err)
	}
	return g
}

// weights of g are random, with the prefix "p.".
func weights(g *sdk.Graph) *safetensors.File {
	r, f := rand.New(rand.NewPCG(1, 2)), new(safetensors.File)
	for _, p := range g.Params() {
		v := make([]float32, p.Size())
		for i := range v {
			if v[i] = r.Float32() - 0.5; p.Init == sdk.RunningVar || p.Init == sdk.One {
				v[i]++
			}
		}
		f.Tensors = append(f.Tensors, safetensors.NewFloat32("p."+p.Name, p.Shape, v))
	}
	return f
}

// run is what g makes of 3 random images in inference.
func run(t *testing.T, g *sdk.Graph, w *safetensors.File) []float32 {
	t.Helper()
	b, err := graph.Compile("g", g)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range b.Params {
		tensor, _ := w.Tensor("p." + p.Name)
		v, err := tensor.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		p.SetTorch(p.Value, v)
	}
	s := &graph.Session{Pool: kernel.NewPool(1), Arena: new(graph.Arena), Batch: 3, Mode: graph.Eval}
	defer s.Pool.Close()
	r := rand.New(rand.NewPCG(3, 4))
	x, y := make([]float32, 3*g.In.Size()), make([]float32, 3*b.OutShape().Size())
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	b.Forward(s, y, x)
	return y
}

func near(t *testing.T, name string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	var off, most float64
	for i := range want {
		off = max(off, math.Abs(float64(got[i]-want[i])))
		most = max(most, math.Abs(float64(want[i])))
	}
	if !(off <= 1e-5*most) {
		t.Errorf("%s: off by %.2g of %.2g", name, off, most)
	}
}
