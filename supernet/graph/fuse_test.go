package graph

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/sdk"
)

// fusions are graphs with the number of nodes that are left to their readers, and of convolutions that load through
// them.
var fusions = []struct {
	name          string
	f             func(x sdk.Tensor) sdk.Tensor
	left, through int
}{
	{"normalised output", func(x sdk.Tensor) sdk.Tensor { return x.ConvKxK(6, 3, 2, 1, 2).BatchNorm() }, 1, 0},
	{"rectified output", func(x sdk.Tensor) sdk.Tensor { return x.Depthwise(5, 1, 1).BatchNormAct(sdk.ReLU) }, 2, 0},
	{"chain of all kinds", func(x sdk.Tensor) sdk.Tensor {
		h := x.Conv1x1(20, 2).BatchNormAct(sdk.ReLU).Depthwise(3, 2, 2).BatchNormAct(sdk.ReLU)
		return h.ConvKxK(18, 3, 1, 1, 1).BatchNorm().Conv1x1(4, 1).BatchNorm()
	}, 6, 3},
	{"rectified twice", func(x sdk.Tensor) sdk.Tensor {
		return x.Conv1x1(4, 1).BatchNormAct(sdk.ReLU).Activate(sdk.ReLU).Conv1x1(3, 1)
	}, 3, 1},
	{"another activation",
		func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(4, 1).BatchNormAct(sdk.Swish).Conv1x1(3, 1) }, 1, 0},
	{"normalised twice",
		func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(4, 1).BatchNorm().BatchNorm().Conv1x1(3, 1) }, 1, 0},
	{"two readers of the ReLU", func(x sdk.Tensor) sdk.Tensor {
		h := x.Conv1x1(4, 1).BatchNormAct(sdk.ReLU)
		return h.Conv1x1(5, 1).BatchNorm().Add(h.Depthwise(3, 1, 1).Conv1x1(5, 1))
	}, 3, 0},
	{"two readers of the normalisation", func(x sdk.Tensor) sdk.Tensor {
		h := x.Conv1x1(4, 1).BatchNorm()
		return h.Activate(sdk.ReLU).Conv1x1(4, 1).Add(h)
	}, 1, 0},
	{"two readers of the convolution", func(x sdk.Tensor) sdk.Tensor {
		h := x.Conv1x1(4, 1)
		return h.BatchNormAct(sdk.ReLU).Conv1x1(4, 1).Add(h)
	}, 0, 0},
	{"one reader, twice", func(x sdk.Tensor) sdk.Tensor {
		h := x.Conv1x1(4, 1).BatchNormAct(sdk.ReLU)
		return h.Multiply(h)
	}, 2, 0},
	{"bias", func(x sdk.Tensor) sdk.Tensor {
		one := [2]int{1, 1}
		return x.Conv(sdk.Conv2D{Out: 5, Kernel: one, Stride: one, Bias: true}).BatchNormAct(sdk.ReLU).Conv1x1(3, 1)
	}, 0, 0},
	{"biased reader", func(x sdk.Tensor) sdk.Tensor {
		one := [2]int{1, 1}
		return x.Conv1x1(4, 1).BatchNormAct(sdk.ReLU).Conv(sdk.Conv2D{Out: 5, Kernel: one, Stride: one, Bias: true})
	}, 2, 1},
	{"normalised input", func(x sdk.Tensor) sdk.Tensor { return x.BatchNormAct(sdk.ReLU).Conv1x1(4, 1) }, 0, 0},
	{"squeeze-excite", func(x sdk.Tensor) sdk.Tensor {
		return x.Depthwise(3, 1, 1).BatchNormAct(sdk.ReLU).SqueezeExcite(2, sdk.ReLU).Conv1x1(4, 1).BatchNorm()
	}, 3, 0},
	{"pooled", func(x sdk.Tensor) sdk.Tensor {
		x = x.Conv1x1(6, 1).BatchNormAct(sdk.ReLU).MaxPool(3, 2, 1)
		return x.Conv1x1(3, 1).BatchNorm().GlobalAvgPool().Linear(5)
	}, 3, 0},
	{"split", func(x sdk.Tensor) sdk.Tensor {
		parts := x.Conv1x1(6, 1).BatchNormAct(sdk.ReLU).Split(2, 4)
		return parts[1].Conv1x1(3, 1).BatchNorm().Concat(parts[0])
	}, 3, 0},
	{"dropped", func(x sdk.Tensor) sdk.Tensor {
		return x.Conv1x1(4, 1).BatchNorm().Dropout(0.3).Conv1x1(4, 1).BatchNormAct(sdk.ReLU).DropPath(0.5).Add(x)
	}, 3, 0},
}

func TestFuse(t *testing.T) {
	for _, c := range fusions {
		f := fuse(build(t, image(4), c.f))
		if len(f.left) != c.left || len(f.through) != c.through {
			t.Errorf("%s: %d nodes are left to readers and %d convolutions load through them, want %d and %d", c.name,
				len(f.left), len(f.through), c.left, c.through)
		}
	}
}

// TestFusedLikeUnfused compares graphs with the same ones computed node by node, in all passes.
func TestFusedLikeUnfused(t *testing.T) {
	for _, c := range fusions {
		t.Run(c.name, func(t *testing.T) { compareUnfused(t, build(t, image(4), c.f)) })
	}
	random := rapid.Custom(randomChain)
	graphs := 150
	if testing.Short() {
		graphs = 30
	}
	for seed := range graphs { // fixed, since a value at the kink of a ReLU may round to either side
		t.Run(fmt.Sprint("random ", seed), func(t *testing.T) { compareUnfused(t, random.Example(seed)) })
	}
}

// randomChain draws a graph in which convolutions, normalisations and ReLUs often follow each other.
func randomChain(t *rapid.T) *sdk.Graph {
	g := sdk.NewGraph(sdk.Shape{Height: 5, Width: 4, Channels: 4})
	x := g.Input()
	for range rapid.IntRange(1, 8).Draw(t, "nodes") {
		switch h := x; rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			x = h.Conv1x1(4, 1).BatchNorm()
		case 1:
			x = h.Depthwise(3, 1, 1).BatchNormAct(sdk.ReLU)
		case 2:
			x = h.ConvKxK(4, 3, 1, 1, 2).BatchNormAct(sdk.ReLU)
		case 3:
			x = h.Activate(sdk.ReLU)
		case 4:
			x = h.Conv1x1(4, 2).BatchNormAct(sdk.ReLU).Depthwise(3, 1, 2).Add(h)
		case 5:
			x = h.Add(h.BatchNorm())
		case 6:
			x = h.SqueezeExcite(2, sdk.Swish)
		}
	}
	if err := g.Finish(x, x.Shape()); err != nil {
		t.Fatal(err)
	}
	return g
}

func compareUnfused(t *testing.T, g *sdk.Graph) {
	fused := compile(t, "block", g)
	all := passes
	passes = nil
	plain := compile(t, "block", g)
	passes = all
	for i, f := range [][2]int{
		{fused.eval.temp, plain.eval.temp},
		{fused.train.kept + fused.train.temp, plain.train.kept + plain.train.temp},
		{fused.train.kept + fused.gradients.temp, plain.train.kept + plain.gradients.temp},
	} {
		if f[0] > f[1] {
			t.Errorf("program %d needs %d floats, unfused %d", i, f[0], f[1])
		}
	}
	s := newSession(t, 1, Train)
	for _, batch := range []int{3, 2, 5} {
		s.Batch = batch
		got, want := everyPass(s, fused), everyPass(s, plain)
		for i, v := range want {
			if len(v) == 0 { // a dx that is not wanted, or no parameters
				continue
			}
			near(t, fmt.Sprintf("batch %d, result %d", batch, i), got[i], v, 1e-4)
		}
	}
}

// everyPass returns what all kinds of passes compute, with passes that keep nothing before every Backward.
func everyPass(s *Session, b *Block) (results [][]float32) {
	n, m := s.Batch*b.in.Size(), s.Batch*b.out.Size()
	x, dy := noise(n, 1), noise(m, 2)
	forward := func(mode Mode, x []float32) {
		s.Mode = mode
		y := make([]float32, m)
		b.Forward(s, y, x)
		results = append(results, y)
	}
	backward := func(dx []float32, frozen bool) {
		forward(Train, x)
		forward(Probe, noise(n, 3))
		forward(Eval, noise(n, 4))
		s.Mode, s.Frozen = Train, frozen
		b.Backward(s, dx, dy)
		s.Frozen = false
		results = append(results, dx)
		if !frozen {
			results = append(results, contents(b))
		}
	}
	backward(make([]float32, n), false)
	backward(nil, false)
	backward(make([]float32, n), true)
	return results
}
