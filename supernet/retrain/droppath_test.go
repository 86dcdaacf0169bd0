package retrain

import (
	"math"
	"slices"
	"testing"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

var (
	dropLayer   = sdk.Layer{In: 2, Out: 2, Stride: 1, Height: 3, Width: 3}
	residualFns = map[string]func(x sdk.Tensor) sdk.Tensor{
		"plain":     func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(2, 1) },
		"shortcut":  func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(2, 1).Add(x) },
		"activated": func(x sdk.Tensor) sdk.Tensor { return x.Add(x.Conv1x1(2, 1)).Activate(sdk.ReLU) },
		"three":     func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(2, 1).Add(x, x.Conv1x1(2, 1)) },
		"gated":     func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(2, 1).Add(x).Conv1x1(2, 1) },
		"doubled":   func(x sdk.Tensor) sdk.Tensor { return x.Add(x) },
	}
)

// dropped runs a branch on images in training and returns it beside the branch without dropping, both [N, H, W, C].
func dropped(t *testing.T, l sdk.Layer, join supernet.Join, name string, x []float32, images int) (y, whole []float32) {
	t.Helper()
	g := sdk.NewGraph(l.Input())
	if err := g.Finish(residualFns[name](g.Input()), l.Output()); err != nil {
		t.Fatal(err)
	}
	d, err := dropping(g, l, join, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(g.Params(), d.Params(), func(a, b sdk.Param) bool { return a.Name == b.Name }) {
		t.Errorf("%s: dropping has parameters %v, want %v", name, d.Params(), g.Params())
	}
	s := &graph.Session{Pool: kernel.NewPool(1), Arena: new(graph.Arena), Batch: images, Mode: graph.Train, Seed: 3}
	defer s.Pool.Close()
	for _, of := range []*sdk.Graph{d, g} {
		b, err := graph.Compile("layers.0.0", of)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range b.Params {
			for j := range p.Value {
				p.Value[j] = float32(i+j+1) / 8
			}
		}
		out := make([]float32, len(x))
		b.Forward(s, out, x)
		y, whole = whole, out
	}
	return y, whole
}

// Every image has either its whole residual, twice at a rate of 1/2, or none. Its input always stays.
func TestDropPathKeepsTheInput(t *testing.T) {
	const images = 32
	x := make([]float32, images*dropLayer.Input().Size())
	for i := range x {
		x[i] = float32(i%7)/7 + 0.1 // positive, so that activations change nothing
	}
	for name, want := range map[string]struct {
		join  supernet.Join
		drops bool
		base  float32 // of the input in an image that is dropped
	}{
		"plain":     {supernet.Residual, true, 0},
		"shortcut":  {supernet.Sum, true, 1},
		"activated": {supernet.Sum, true, 1},
		"three":     {supernet.Sum, true, 1},
		"gated":     {supernet.Sum, false, 1},
		"doubled":   {supernet.Sum, false, 1},
	} {
		y, whole := dropped(t, dropLayer, want.join, name, x, images)
		kept, gone := 0, 0
		size := dropLayer.Input().Size()
		for n := range images {
			twice, none := true, true
			for i := n * size; i < (n+1)*size; i++ {
				base := want.base * x[i]
				twice = twice && math.Abs(float64(y[i]-(base+2*(whole[i]-base)))) < 1e-5
				none = none && math.Abs(float64(y[i]-base)) < 1e-5
			}
			if twice {
				kept++
			}
			if none {
				gone++
			}
		}
		if want.drops && (kept+gone != images || kept < 5 || gone < 5) {
			t.Errorf("%s: %d images keep the branch and %d drop it, of %d", name, kept, gone, images)
		}
		if !want.drops && !slices.Equal(y, whole) {
			t.Errorf("%s: outputs are dropped", name)
		}
	}
}

// A branch that has no shortcut and stands in no mean with its input is all that there is: it stays.
func TestDropPathKeepsWhatHasNoShortcut(t *testing.T) {
	x := make([]float32, 4*dropLayer.Input().Size())
	for i := range x {
		x[i] = float32(i)
	}
	if y, whole := dropped(t, dropLayer, supernet.Sum, "plain", x, 4); !slices.Equal(y, whole) {
		t.Errorf("outputs %v, want %v", y, whole)
	}
}
