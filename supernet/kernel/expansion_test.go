package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// The mean and the variance of x·w, to a few roundings of the variance that the channels of x would have alone.
func TestExpansionMeasuresTheProduct(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			r := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1000).Draw(t, "seed")), 1))
			in, out := rapid.IntRange(1, 40).Draw(t, "in"), rapid.IntRange(1, 100).Draw(t, "out")
			rows := rapid.SampledFrom([]int{1, 2, 127, 128, 129, 300, 5000}).Draw(t, "rows")
			x, w := normals(r, rows*in), normals(r, in*out)
			for i := range x { // channels far from 0 beside channels of small variance
				x[i] = x[i]*float32(i%in%3) + float32(i%in)
			}
			p := NewPool(1 + r.IntN(3))
			defer p.Close()
			got := NewStatistics(out)
			NewExpansion(in, out).Measure(p, x, w, rows, got)
			for o := range out {
				mean, variance, scale := productMoments(x, w, in, out, o)
				if d := math.Abs(float64(got.Mean[o]) - mean); !(d <= 1e-5*(math.Abs(mean)+scale)) {
					t.Fatalf("channel %d: mean %g, want %g", o, got.Mean[o], mean)
				}
				if d := math.Abs(float64(got.Variance[o]) - variance); !(d <= 1e-5*scale*scale) {
					t.Fatalf("channel %d: variance %g, want %g", o, got.Variance[o], variance)
				}
			}
		})
	})
}

// productMoments are the mean and the variance of channel o of x·w, and Σ |w|·deviation of the channels of x.
func productMoments(x, w []float32, in, out, o int) (mean, variance, scale float64) {
	rows := float64(len(x) / in)
	ys := make([]float64, len(x)/in)
	for c := range in {
		var sum, squares float64
		for i := range ys {
			ys[i] += float64(x[i*in+c]) * float64(w[c*out+o])
			sum += float64(x[i*in+c])
			squares += float64(x[i*in+c]) * float64(x[i*in+c])
		}
		scale += math.Abs(float64(w[c*out+o])) * math.Sqrt(max(squares/rows-sum*sum/rows/rows, 0))
	}
	for _, y := range ys {
		mean += y / rows
	}
	for _, y := range ys {
		variance += (y - mean) * (y - mean) / rows
	}
	return mean, variance, scale
}

// alike compares results that may differ by roundings of the greatest one.
func alike(t *rapid.T, name string, got, want []float32) {
	t.Helper()
	greatest := 0.0
	for _, v := range want {
		greatest = max(greatest, math.Abs(float64(v)))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i]) - float64(v)); !(d <= 1e-5*greatest) {
			t.Fatalf("%s[%d] is %g, want %g", name, i, got[i], v)
		}
	}
}

// What ForwardThrough computes is what Forward computes from the stored product.
func TestForwardThroughIsForwardOfTheProduct(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c, n := drawConv(t)
			if c.pointwise() {
				c.Pad[0]++
			}
			r := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1000).Draw(t, "seed")), 1))
			small := rapid.IntRange(1, 30).Draw(t, "channels")
			oh, ow := c.OutSize()
			rows := n * c.H * c.W
			x0, expand := normals(r, rows*small), normals(r, small*c.C)
			w := normals(r, c.Kernel[0]*c.Kernel[1]*c.C/c.Groups*c.Out)
			in := drawNorm(r, rows, c.C, true).norm()
			p := NewPool(1 + r.IntN(3))
			defer p.Close()
			one := [2]int{1, 1}
			x := garbage(rows * c.C)
			first := NewConvolution(Conv{H: c.H, W: c.W, C: small, Out: c.C, Kernel: one, Stride: one, Dilation: one,
				Groups: 1})
			first.Forward(p, x, x0, expand, n, nil, nil, Statistics{})
			k, size := NewConvolution(c), n*oh*ow*c.Out
			want, got := garbage(size), garbage(size)
			stats, wantStats := NewStatistics(c.Out), NewStatistics(c.Out)
			k.Forward(p, want, x, w, n, in, nil, wantStats)
			k.ForwardThrough(p, got, x0, expand, w, n, in, nil, stats)
			alike(t, "y", got, want)
			alike(t, "mean", stats.Mean, wantStats.Mean)
			alike(t, "variance", stats.Variance, wantStats.Variance)
		})
	})
}
