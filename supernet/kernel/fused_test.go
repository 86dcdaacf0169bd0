package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// normCase is a normalisation and the float64 equation of what it does to x.
type normCase struct {
	stats       Statistics
	gamma, beta []float32
	relu        bool
	x           []float32
}

const caseEps = 1e-3

// drawNorm draws a normalisation of c channels, and x such that nothing is near the kink of a ReLU.
func drawNorm(r *rand.Rand, rows, c int, relu bool) *normCase {
	n := &normCase{Statistics{normals(r, c), positive(r, c)}, normals(r, c), normals(r, c), relu, normals(r, rows*c)}
	for i := range n.x {
		for math.Abs(n.before(i)) < 1e-4 {
			n.x[i] = float32(r.NormFloat64())
			if math.Abs(float64(n.gamma[i%c])) < 1e-2 {
				n.gamma[i%c] = 1
			}
		}
	}
	return n
}

// norm is the kernel's.
func (n *normCase) norm() *Norm {
	norm := NewNorm(len(n.gamma), n.relu)
	norm.Use(n.stats, n.gamma, n.beta, caseEps)
	return norm
}

func (n *normCase) hat(i int) float64 {
	k := i % len(n.gamma)
	return (float64(n.x[i]) - float64(n.stats.Mean[k])) / math.Sqrt(float64(n.stats.Variance[k])+caseEps)
}

func (n *normCase) before(i int) float64 {
	k := i % len(n.gamma)
	return n.hat(i)*float64(n.gamma[k]) + float64(n.beta[k])
}

func (n *normCase) passes(i int) bool { return !n.relu || n.before(i) > 0 }

// forward is z, and what its rounding is relative to.
func (n *normCase) forward() (z [2][]float64) {
	z[0], z[1] = make([]float64, len(n.x)), make([]float64, len(n.x))
	for i := range n.x {
		k := i % len(n.gamma)
		if n.passes(i) {
			z[0][i] = n.before(i)
		}
		z[1][i] = math.Abs(float64(n.gamma[k])*n.hat(i)) + math.Abs(float64(n.beta[k])) + math.Abs(float64(n.x[i]))
	}
	return z
}

// slopes are dgamma and dbeta, and what their rounding is relative to.
func (n *normCase) slopes(dz [2][]float64) (dgamma, dbeta [2][]float64) {
	c := len(n.gamma)
	for i := range 2 {
		dgamma[i], dbeta[i] = make([]float64, c), make([]float64, c)
	}
	for i := range n.x {
		k, hat := i%c, n.hat(i)
		scale := 1 + 1/math.Sqrt(float64(n.stats.Variance[k])+caseEps)
		if n.passes(i) {
			dgamma[0][k] += dz[0][i] * hat
			dbeta[0][k] += dz[0][i]
		}
		dgamma[1][k] += dz[1][i] * (scale + math.Abs(hat))
		dbeta[1][k] += dz[1][i]
	}
	return dgamma, dbeta
}

// backward is dx.
func (n *normCase) backward(dz [2][]float64) (dx [2][]float64) {
	c := len(n.gamma)
	rows := float64(len(n.x) / c)
	dgamma, dbeta := n.slopes(dz)
	dx[0], dx[1] = make([]float64, len(n.x)), make([]float64, len(n.x))
	for i := range n.x {
		k, hat := i%c, n.hat(i)
		scale := float64(n.gamma[k]) / math.Sqrt(float64(n.stats.Variance[k])+caseEps)
		d := 0.0
		if n.passes(i) {
			d = dz[0][i]
		}
		dx[0][i] = scale * (d - dbeta[0][k]/rows - hat*dgamma[0][k]/rows)
		dx[1][i] = math.Abs(scale) * (dz[1][i] + dbeta[1][k]/rows + (1+math.Abs(hat))*dgamma[1][k]/rows)
	}
	return dx
}

// unrounded is a series of numbers without rounding.
func unrounded(x []float32) (v [2][]float64) {
	v[0], v[1] = wide(x), wide(x)
	for i := range v[1] {
		v[1][i] = math.Abs(v[1][i])
	}
	return v
}

// differentiate computes y, dz and dw from z and dy.
func (c Conv) differentiate(z, w, dy [2][]float64, n int) (y, dz, dw [2][]float64) {
	oh, ow := c.OutSize()
	for i := range 2 {
		y[i], dz[i], dw[i] = make([]float64, len(dy[0])), make([]float64, len(z[0])), make([]float64, len(w[0]))
	}
	for b := range n {
		c.visit(func(xi, yi, wi int) {
			xi, yi = b*c.H*c.W*c.C+xi, b*oh*ow*c.Out+yi
			for i := range 2 {
				y[i][yi] += z[i][xi] * w[i][wi]
				dz[i][xi] += dy[i][yi] * w[i][wi]
				dw[i][wi] += dy[i][yi] * z[i][xi]
			}
		})
	}
	return y, dz, dw
}

// fusedCase is a convolution between two normalisations. Either may be missing.
type fusedCase struct {
	Conv
	n       int
	in, out *normCase
	x, w    []float32
	y, dy   []float32 // y is not what the convolution makes of x, so that it can be away from the kink
}

func drawFused(t *rapid.T) fusedCase {
	c, n := drawConv(t)
	if rapid.IntRange(0, 9).Draw(t, "big") == 0 { // enough for several parts
		c.H, c.W = c.H+20, c.W+30
	}
	r := drawRand(t)
	oh, ow := c.OutSize()
	f := fusedCase{Conv: c, n: n, x: normals(r, n*c.H*c.W*c.C), y: normals(r, n*oh*ow*c.Out),
		dy: normals(r, n*oh*ow*c.Out), w: normals(r, c.Kernel[0]*c.Kernel[1]*c.C/c.Groups*c.Out)}
	if rapid.Bool().Draw(t, "in") {
		f.in = drawNorm(r, n*c.H*c.W, c.C, rapid.Bool().Draw(t, "relu in"))
		f.x = f.in.x
	}
	if rapid.Bool().Draw(t, "out") {
		f.out = drawNorm(r, n*oh*ow, c.Out, rapid.Bool().Draw(t, "relu out"))
		f.y = f.out.x
	}
	return f
}

// run computes y, its mean and its variance, dz and dw, and with a normalisation before dgamma, dbeta and dx.
func (f fusedCase) run(p *Pool) [][]float32 {
	var in, out *Norm
	stats := Statistics{garbage(f.Out), garbage(f.Out)}
	y, g := garbage(len(f.y)), Gradients{DX: garbage(len(f.x)), DW: garbage(len(f.w))}
	if f.in != nil {
		in, g.DGamma, g.DBeta = f.in.norm(), garbage(f.C), garbage(f.C)
	}
	if f.out != nil {
		out = f.out.norm()
		out.Slopes(p, garbage(f.Out), garbage(f.Out), f.y, f.dy)
	}
	k := NewConvolution(f.Conv)
	k.Forward(p, y, f.x, f.w, f.n, in, nil, stats)
	k.Backward(p, g, f.x, f.w, f.y, f.dy, f.n, in, out)
	results := [][]float32{y, stats.Mean, stats.Variance, g.DX, g.DW}
	if in != nil {
		dx := garbage(len(f.x))
		in.Backward(p, dx, f.x, g.DX)
		results = append(results, g.DGamma, g.DBeta, dx)
	}
	return results
}

// check compares with the equations, one after the other.
func (f fusedCase) check(t rapid.TB, got [][]float32) {
	const tolerance = 2e-6
	z, d := unrounded(f.x), unrounded(f.dy)
	if f.in != nil {
		z = f.in.forward()
	}
	if f.out != nil {
		d = f.out.backward(d)
	}
	y, dz, dw := f.differentiate(z, unrounded(f.w), d, f.n)
	near(t, "y", got[0], y[0], y[1], tolerance)
	mean, variance := statistics(got[0], f.Out)
	spread := make([]float64, f.Out)
	for i := range spread {
		spread[i] = math.Abs(mean[i]) + math.Sqrt(variance[i])
	}
	near(t, "mean", got[1], mean, spread, 1e-5)           // the first row may be far from the mean
	near(t, "variance", got[2], variance, variance, 1e-5) // hundreds of equal terms may round in one direction
	near(t, "dz", got[3], dz[0], dz[1], tolerance)
	near(t, "dw", got[4], dw[0], dw[1], tolerance)
	if f.in != nil {
		dgamma, dbeta := f.in.slopes(dz)
		dx := f.in.backward(dz)
		near(t, "dgamma", got[5], dgamma[0], dgamma[1], tolerance)
		near(t, "dbeta", got[6], dbeta[0], dbeta[1], tolerance)
		near(t, "dx", got[7], dx[0], dx[1], tolerance)
	}
}

// TestFusedConvolution compares any convolution between two normalisations with the equations of the three.
func TestFusedConvolution(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			f := drawFused(t)
			f.check(t, onPools(t, f.run))
		})
	})
}

// What Forward makes of its result is bit for bit what the normalisation makes of that in a pass of its own.
func TestForwardNormalisesItsResult(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			f := drawFused(t)
			r := drawRand(t)
			out := drawNorm(r, 1, f.Out, rapid.Bool().Draw(t, "relu")).norm()
			var in *Norm
			if f.in != nil {
				in = f.in.norm()
			}
			p := NewPool(1 + r.IntN(3))
			defer p.Close()
			k := NewConvolution(f.Conv)
			want, got := garbage(len(f.y)), garbage(len(f.y))
			k.Forward(p, want, f.x, f.w, f.n, in, nil, Statistics{})
			out.Forward(p, want, want)
			k.Forward(p, got, f.x, f.w, f.n, in, out, Statistics{})
			if !slices.Equal(got, want) {
				t.Fatalf("%v, want %v", got, want)
			}
		})
	})
}
