package main

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Central differences of float32 sums with step h are good to a few thousandths of the largest gradient.
const (
	differenceStep    = 4e-3
	gradientTolerance = 1e-2
)

// gradientError runs an operation forward and backward on random images and returns the largest difference between a
// gradient and its central difference, as a part of the tensor's largest gradient.
func gradientError(name string, g *sdk.Graph) (float64, error) {
	b, err := graph.Compile(name, g)
	if err != nil {
		return 0, err
	}
	const images = 3
	s := &graph.Session{Pool: kernel.NewPool(1), Arena: new(graph.Arena), Batch: images, Mode: graph.Train, Seed: 1}
	defer s.Pool.Close()
	r := rand.New(rand.NewChaCha8([32]byte{}))
	x, dy := noise(r, images*g.In.Size()), noise(r, images*b.OutShape().Size())
	for _, p := range b.Params {
		if !p.Init.Trained() {
			continue
		}
		copy(p.Value, noise(r, len(p.Value)))
		for i := range p.Value {
			if p.Init == sdk.One { // scales away from 0, where the function bends most
				p.Value[i] = 1 + p.Value[i]/4
			}
		}
	}
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
	worst := difference(x, dx, loss)
	for _, p := range b.Params {
		if p.Init.Trained() {
			worst = math.Max(worst, difference(p.Value, p.Grad, loss))
		}
	}
	return worst, s.Err
}

// promised reports whether every kernel of a graph that a plugin runs is declared to be deterministic.
func promised(g *sdk.Graph) bool {
	return !slices.ContainsFunc(g.Nodes, func(n sdk.Node) bool {
		e, exec := n.Primitive.(sdk.Exec)
		return exec && !e.Deterministic
	})
}

var errUnsteady = errors.New("two equal calls give different results: it is not deterministic, as it declares")

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

// difference compares at most 16 elements of the gradient of v with central differences of loss.
func difference(v, grad []float32, loss func() float64) float64 {
	worst, largest := 0.0, 0.1
	for i := 0; i < len(v); i += 1 + len(v)/16 {
		old := v[i]
		v[i] = old + differenceStep
		up, to := loss(), v[i]
		v[i] = old - differenceStep
		down, from := loss(), v[i]
		v[i] = old
		want := (up - down) / (float64(to) - float64(from))
		worst, largest = math.Max(worst, math.Abs(float64(grad[i])-want)), math.Max(largest, math.Abs(want))
	}
	return worst / largest
}

func noise(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.5 * r.NormFloat64())
	}
	return x
}
