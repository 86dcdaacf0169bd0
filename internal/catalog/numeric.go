package catalog

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/internal/difference"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// gradientTolerance is the greatest gradientError of an operation whose gradients are right.
const gradientTolerance = 1e-2

// errUnsteady is the error of an exec primitive that is declared to be deterministic and that is not.
var errUnsteady = errors.New("two equal calls give different results: it is not deterministic, as it declares")

// gradientError runs an operation forward and backward in Train mode, on random images and parameters that are the same
// at every call. It returns the largest difference between a gradient and its central difference, as a part of the
// largest gradient of that tensor. At most 16 elements of every tensor are compared. The error is errUnsteady, that of
// graph.Compile, or that of a kernel that a plugin runs.
func gradientError(name string, g *sdk.Graph) (float64, error) {
	b, err := graph.Compile(name, g)
	if err != nil {
		return 0, err
	}
	const images = 3
	s := &graph.Session{Pool: kernel.NewPool(1), Arena: new(graph.Arena), Batch: images, Mode: graph.Train, Seed: 1}
	defer s.Pool.Close()
	r := rand.New(rand.NewChaCha8([32]byte{}))
	x, dy := normal(r, images*g.In.Size()), normal(r, images*b.OutShape().Size())
	drawParams(r, b)
	y, dx := make([]float32, len(dy)), make([]float32, len(x))
	loss := func() (sum float64) {
		defer s.Arena.Release(s.Arena.Mark())
		b.Forward(s, y, x)
		for i := range y { // zeros if a kernel has failed
			sum += float64(y[i]) * float64(dy[i])
		}
		return sum
	}
	b.Forward(s, y, x)
	b.Backward(s, dx, dy)
	if s.Err == nil && promised(g) {
		s.Err = repeat(b, s, x, dy, dx)
	}
	if s.Err != nil {
		return 0, s.Err
	}
	worst := part(difference.Compare(x, dx, 16, loss))
	for _, p := range b.Params {
		if p.Init.Trained() {
			worst = math.Max(worst, part(difference.Compare(p.Value, p.Grad, 16, loss)))
		}
	}
	return worst, s.Err
}

// drawParams draws the trained parameters of a block.
func drawParams(r *rand.Rand, b *graph.Block) {
	for _, p := range b.Params {
		if !p.Init.Trained() {
			continue
		}
		copy(p.Value, normal(r, len(p.Value)))
		for i := range p.Value {
			if scales(p.Param) { // away from 0, where the function bends most
				p.Value[i] = 1 + p.Value[i]/4
			}
		}
	}
}

// scales reports whether each element of a parameter scales a channel: in a normalisation, or in a depthwise 1×1
// convolution. A normalisation after such a convolution makes a step of it at 0.
func scales(p sdk.Param) bool {
	return p.Init == sdk.One || p.Init == sdk.Kaiming && len(p.Shape) == 4 && p.Size() == p.Shape[0]
}

// part is a distance as a part of the largest gradient. Gradients below 0.1 are compared as if that were the largest.
func part(worst, largest float64) float64 { return worst / math.Max(largest, 0.1) }

// promised reports whether every kernel of a graph that a plugin runs is declared to be deterministic.
func promised(g *sdk.Graph) bool {
	return !slices.ContainsFunc(g.Nodes, func(n sdk.Node) bool {
		e, exec := n.Primitive.(sdk.Exec)
		return exec && !e.Deterministic
	})
}

// repeat computes a pass again and compares it bit for bit.
func repeat(b *graph.Block, s *graph.Session, x, dy, dx []float32) error {
	y, again := make([][]float32, 2), make([]float32, len(dx))
	for i := range y {
		y[i] = make([]float32, len(dy))
		b.Forward(s, y[i], x)
	}
	b.Backward(s, again, dy)
	if s.Err == nil && !(slices.Equal(y[0], y[1]) && slices.Equal(dx, again)) {
		return errUnsteady
	}
	return s.Err
}

// normal draws n numbers of deviation 0.5.
func normal(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.5 * r.NormFloat64())
	}
	return x
}
