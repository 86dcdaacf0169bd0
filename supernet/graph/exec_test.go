package graph

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// matrix is y[n, p, o] = Σ x[n, p, i]·w[i, o] in plain Go: a 1×1 convolution as a plugin would write it.
var matrix = sdk.Kernel{
	Name: "matrix",
	Forward: func(c sdk.Call) error {
		in, out := c.In.Channels, c.Out.Channels
		clear(c.Y)
		for p := range len(c.X) / in {
			for i, x := range c.X[p*in:][:in] {
				for o := range out {
					c.Y[p*out+o] += x * c.W[0][i*out+o]
				}
			}
		}
		return nil
	},
	Backward: func(c sdk.Call) error {
		in, out := c.In.Channels, c.Out.Channels
		clear(c.DX)
		clear(c.DW[0])
		for p := range len(c.X) / in {
			for i, x := range c.X[p*in:][:in] {
				for o := range out {
					c.DX[p*in+i] += c.DY[p*out+o] * c.W[0][i*out+o]
					c.DW[0][i*out+o] += x * c.DY[p*out+o]
				}
			}
		}
		return nil
	},
}

// matrixGraph is a product by the plugin or by the engine, between operations of the engine.
func matrixGraph(t *testing.T, plugin bool, k sdk.Kernel) *Block {
	t.Helper()
	op := sdk.Op{Name: "matrix", Kernels: []sdk.Kernel{k},
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			x := g.Input().Conv1x1(6, 1).BatchNormAct(sdk.ReLU)
			if plugin {
				x = x.Exec(sdk.Exec{Kernel: "matrix", Out: l.Output(),
					Weights: []sdk.Param{{Name: "weight", Shape: []int{l.Out, 6, 1, 1}}}, Deterministic: true})
			} else {
				x = x.Conv1x1(l.Out, 1)
			}
			return x.Activate(sdk.Swish), nil
		}}
	g, err := op.Graph(sdk.Layer{In: 4, Out: 5, Stride: 1, Height: 3, Width: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Compile("b", g)
	if err != nil {
		t.Fatal(err)
	}
	for n, p := range b.Params {
		if !p.Init.Trained() {
			continue
		}
		for i := range p.Value {
			p.Value[i] = float32((7*i+n)%11)/8 - 0.5
		}
	}
	return b
}

func TestExecEqualsConvolution(t *testing.T) {
	s := &Session{Pool: kernel.NewPool(2), Arena: new(Arena), Batch: 3}
	defer s.Pool.Close()
	ours, theirs := matrixGraph(t, false, matrix), matrixGraph(t, true, matrix)
	x, dy := make([]float32, 3*24), make([]float32, 3*30)
	for i := range x {
		x[i] = float32(i%13) / 6
	}
	for i := range dy {
		dy[i] = float32(i%7) - 3
	}
	for _, mode := range []Mode{Train, Probe, Eval} {
		s.Mode = mode
		var y, dx [2][]float32
		for i, b := range []*Block{ours, theirs} {
			y[i], dx[i] = make([]float32, len(dy)), make([]float32, len(x))
			b.Forward(s, y[i], x)
			if mode == Train {
				b.Backward(s, dx[i], dy)
			}
		}
		near(t, fmt.Sprint("y in mode ", mode), y[1], y[0], 1e-5)
		near(t, "dx", dx[1], dx[0], 1e-5)
	}
	for i, p := range ours.Params {
		if !p.Init.Trained() {
			continue
		}
		near(t, p.Name, theirs.Params[i].Grad, p.Grad, 1e-5)
	}
	if s.Err != nil {
		t.Error(s.Err)
	}
}

// A kernel that fails leaves zeros and its error in the session, and the block that it belongs to.
func TestExecFailure(t *testing.T) {
	broken := matrix
	broken.Forward = func(c sdk.Call) error { c.Y[0] = 1; return errors.New("out of order") }
	b := matrixGraph(t, true, broken)
	s := &Session{Pool: kernel.NewPool(1), Arena: new(Arena), Batch: 2, Mode: Eval}
	defer s.Pool.Close()
	y := make([]float32, 2*30)
	matrixGraph(t, true, matrix).Forward(s, y, make([]float32, 2*24))
	if s.Err != nil || s.Failed != nil {
		t.Fatal(s.Err)
	}
	b.Forward(s, y, make([]float32, 2*24))
	if fmt.Sprint(s.Err) != "out of order" || s.Failed != b {
		t.Errorf("error %v of %v", s.Err, s.Failed)
	}
	if slices.ContainsFunc(y, func(v float32) bool { return v != 0 }) {
		t.Errorf("y = %v", y)
	}
}

// A graph that came from a file has no plugin behind it.
func TestExecWithoutPlugin(t *testing.T) {
	g := sdk.NewGraph(sdk.Shape{Height: 1, Width: 1, Channels: 2})
	y := g.Input().Exec(sdk.Exec{Kernel: "k", Out: g.In})
	if err := g.Finish(y, g.In); err != nil {
		t.Fatal(err)
	}
	b, err := Compile("b", g)
	if err != nil {
		t.Fatal(err)
	}
	s := &Session{Pool: kernel.NewPool(1), Arena: new(Arena), Batch: 1, Mode: Eval}
	defer s.Pool.Close()
	b.Forward(s, make([]float32, 2), make([]float32, 2))
	if fmt.Sprint(s.Err) != "kernel k has no plugin to run in" {
		t.Errorf("got %v", s.Err)
	}
}
