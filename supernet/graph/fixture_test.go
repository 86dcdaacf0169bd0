package graph

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// build makes a graph of whatever f appends to an input of shape in.
func build(t testing.TB, in sdk.Shape, f func(x sdk.Tensor) sdk.Tensor) *sdk.Graph {
	t.Helper()
	g := sdk.NewGraph(in)
	y := f(g.Input())
	if err := g.Finish(y, y.Shape()); err != nil {
		t.Fatal(err)
	}
	return g
}

// compile builds a block with random parameters.
func compile(t testing.TB, name string, g *sdk.Graph) *Block {
	t.Helper()
	b, err := Compile(name, g)
	if err != nil {
		t.Fatal(err)
	}
	r := random(uint64(len(name)))
	for _, p := range b.Params {
		for i := range p.Value {
			switch p.Init {
			case sdk.One, sdk.RunningVar:
				p.Value[i] = 1 + 0.3*r()
			default:
				p.Value[i] = 0.5 * r()
			}
		}
	}
	return b
}

// newSession has an arena full of NaN, so that reading what was never written shows.
func newSession(t testing.TB, batch int, mode Mode) *Session {
	s := &Session{Pool: kernel.NewPool(2), Arena: new(Arena), Batch: batch, Mode: mode, Seed: 7}
	t.Cleanup(s.Pool.Close)
	mark := s.Arena.Mark()
	spoil(s.Arena.Floats(1 << 20))
	s.Arena.Release(mark)
	return s
}

func spoil(v []float32) {
	for i := range v {
		v[i] = float32(math.NaN())
	}
}

// random draws from −1..1.
func random(seed uint64) func() float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() float32 { return 2*r.Float32() - 1 }
}

func noise(n int, seed uint64) []float32 {
	r, v := random(seed), make([]float32, n)
	for i := range v {
		v[i] = r()
	}
	return v
}

func dot(x, y []float32) (sum float64) {
	for i := range x {
		sum += float64(x[i]) * float64(y[i])
	}
	return sum
}

// distance is the norm of the difference over the norm of want, where that is at least 0.1 an element. Some gradients
// are 0 but for rounding, such as those of shifts that a later BatchNorm takes out again.
func distance(got, want []float32) float64 {
	var diff, norm float64
	for i := range want {
		d := float64(got[i]) - float64(want[i])
		diff += d * d
		norm += float64(want[i]) * float64(want[i])
	}
	return math.Sqrt(diff / max(norm, 0.01*float64(len(want))))
}

func near(t testing.TB, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d elements, want %d", what, len(got), len(want))
	}
	if d := distance(got, want); !(d <= tolerance) {
		t.Errorf("%s is off by %.2g, want at most %.2g", what, d, tolerance)
	}
}
