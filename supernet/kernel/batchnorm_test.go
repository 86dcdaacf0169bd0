package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// statistics are the two-pass mean and biased variance in float64.
func statistics(x []float32, c int) (mean, variance []float64) {
	mean, variance = make([]float64, c), make([]float64, c)
	rows := float64(len(x) / c)
	for i, v := range x {
		mean[i%c] += float64(v) / rows
	}
	for i, v := range x {
		variance[i%c] += (float64(v) - mean[i%c]) * (float64(v) - mean[i%c]) / rows
	}
	return mean, variance
}

func TestBatchNormStats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, c, rows := drawRand(t), rapid.IntRange(1, 70).Draw(t, "c"), rapid.IntRange(1, 3000).Draw(t, "rows")
		x := normals(r, rows*c)
		for i := range x { // channels far from 0, where one pass would lose the variance
			x[i] = x[i]*float32(math.Exp2(float64(i%c%20-10))) + float32(1000*(i%c%3))
		}
		got := onPools(t, func(p *Pool) [][]float32 {
			s := Statistics{garbage(c), garbage(c)}
			s.Measure(p, x)
			return [][]float32{s.Mean, s.Variance}
		})
		mean, variance := statistics(x, c)
		spread := make([]float64, c)
		for i := range spread {
			spread[i] = math.Abs(mean[i]) + math.Sqrt(variance[i])
		}
		near(t, "mean", got[0], mean, spread, 1e-6)
		near(t, "variance", got[1], variance, variance, 3e-6)
	})
}

// normal is BatchNormForward by its equation, in float64.
func normal(x []float32, mean, variance []float64, gamma, beta []float32, eps float64) []float64 {
	y, c := make([]float64, len(x)), len(mean)
	for i, v := range x {
		k := i % c
		y[i] = (float64(v)-mean[k])/math.Sqrt(variance[k]+eps)*float64(gamma[k]) + float64(beta[k])
	}
	return y
}

func TestBatchNormForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, c, rows := drawRand(t), rapid.IntRange(1, 70).Draw(t, "c"), rapid.IntRange(1, 900).Draw(t, "rows")
		x, gamma, beta, mean := normals(r, rows*c), normals(r, c), normals(r, c), normals(r, c)
		variance := positive(r, c)
		inPlace := rapid.Bool().Draw(t, "in place")
		got := onPools(t, func(p *Pool) [][]float32 {
			y, in := garbage(len(x)), append([]float32(nil), x...)
			if inPlace {
				y = in
			}
			norm := NewNorm(c, false)
			norm.Use(Statistics{mean, variance}, gamma, beta, 1e-3)
			norm.Forward(p, y, in)
			return [][]float32{y}
		})
		want := normal(x, wide(mean), wide(variance), gamma, beta, 1e-3)
		size := make([]float64, len(want))
		for i := range size {
			size[i] = 1 + math.Abs(want[i]) +
				math.Abs(float64(gamma[i%c])/math.Sqrt(float64(variance[i%c])))*(math.Abs(float64(x[i]))+2)
		}
		near(t, "y", got[0], want, size, 5e-7)
	})
}

func positive(r *rand.Rand, n int) []float32 {
	x := normals(r, n)
	for i, v := range x {
		x[i] = v*v + 0.01
	}
	return x
}

// TestBatchNormBackward differentiates L = ⟨dy, y⟩ numerically, in float64 through the statistics.
func TestBatchNormBackward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, c, rows := drawRand(t), rapid.IntRange(1, 9).Draw(t, "c"), rapid.IntRange(2, 12).Draw(t, "rows")
		const eps = 0.01
		x, dy, gamma, beta := normals(r, rows*c), normals(r, rows*c), normals(r, c), normals(r, c)
		mean64, variance64 := statistics(x, c)
		mean, variance := narrow(mean64), narrow(variance64)
		got := onPools(t, func(p *Pool) [][]float32 {
			dx, dgamma, dbeta := append([]float32(nil), dy...), garbage(c), garbage(c)
			norm := NewNorm(c, false)
			norm.Use(Statistics{mean, variance}, gamma, beta, eps)
			norm.Slopes(p, dgamma, dbeta, x, dx)
			norm.Backward(p, dx, x, dx)
			return [][]float32{dx, dgamma, dbeta}
		})
		loss := func(x, gamma, beta []float32) (sum float64) {
			m, v := statistics(x, c)
			for i, y := range normal(x, m, v, gamma, beta, eps) {
				sum += y * float64(dy[i])
			}
			return sum
		}
		size := ones(len(x))
		near(t, "dx", got[0], slope(x, func() float64 { return loss(x, gamma, beta) }), size, 2e-2)
		near(t, "dgamma", got[1], slope(gamma, func() float64 { return loss(x, gamma, beta) }), size[:c], 2e-2)
		near(t, "dbeta", got[2], slope(beta, func() float64 { return loss(x, gamma, beta) }), size[:c], 2e-2)
	})
}

// TestBatchNormBackwardManyRows checks the equation itself at sizes that fill several shards.
func TestBatchNormBackwardManyRows(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	const rows, c, eps = 4001, 19, 1e-5
	x, dy, gamma := normals(r, rows*c), normals(r, rows*c), normals(r, c)
	mean, variance := normals(r, c), positive(r, c)
	got := onPools(t, func(p *Pool) [][]float32 {
		dx, dgamma, dbeta := garbage(len(x)), garbage(c), garbage(c)
		norm := NewNorm(c, false)
		norm.Use(Statistics{mean, variance}, gamma, normals(r, c), eps)
		norm.Slopes(p, dgamma, dbeta, x, dy)
		norm.Backward(p, dx, x, dy)
		return [][]float32{dx, dgamma, dbeta}
	})
	dgamma, dbeta, dx := make([]float64, c), make([]float64, c), make([]float64, len(x))
	hat := func(i int) float64 {
		return (float64(x[i]) - float64(mean[i%c])) / math.Sqrt(float64(variance[i%c])+eps)
	}
	for i, d := range dy {
		dbeta[i%c] += float64(d)
		dgamma[i%c] += float64(d) * hat(i)
	}
	size := make([]float64, len(x))
	for i, d := range dy {
		k := i % c
		scale := float64(gamma[k]) / math.Sqrt(float64(variance[k])+eps)
		dx[i] = scale * (float64(d) - dbeta[k]/rows - hat(i)*dgamma[k]/rows)
		size[i] = math.Abs(scale) * (1 + math.Abs(float64(d)) + math.Abs(hat(i)))
	}
	near(t, "dx", got[0], dx, size, 1e-6)
	near(t, "dgamma", got[1], dgamma, ones(c), 1e-3)
	near(t, "dbeta", got[2], dbeta, ones(c), 1e-4)
}

// TestBatchNormPropagatesNaN: a NaN spoils its own channel and no other.
func TestBatchNormPropagatesNaN(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	x, s := make([]float32, 50), NewStatistics(5)
	x[23] = float32(math.NaN())
	s.Measure(p, x)
	for i := range s.Mean {
		if isNaN(s.Mean[i]) != (i == 3) || isNaN(s.Variance[i]) != (i == 3) {
			t.Errorf("channel %d: mean %g, variance %g", i, s.Mean[i], s.Variance[i])
		}
	}
}

func TestBias(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, c, rows := drawRand(t), rapid.IntRange(1, 70).Draw(t, "c"), rapid.IntRange(1, 900).Draw(t, "rows")
		x, bias := normals(r, rows*c), normals(r, c)
		got := onPools(t, func(p *Pool) [][]float32 {
			y, db := append([]float32(nil), x...), garbage(c)
			AddBias(p, y, y, bias, c)
			BiasBackward(p, db, x, c)
			return [][]float32{y, db}
		})
		sum := make([]float64, c)
		for i, v := range x {
			sum[i%c] += float64(v)
			if got[0][i] != v+bias[i%c] {
				t.Fatalf("y[%d] = %g, want %g + %g", i, got[0][i], v, bias[i%c])
			}
		}
		near(t, "db", got[1], sum, ones(c), 1e-5)
	})
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// slope is the gradient of f with respect to x by central differences.
func slope(x []float32, f func() float64) []float64 {
	d := make([]float64, len(x))
	for i, v := range x {
		x[i] = v + 1e-3
		up := f()
		upAt := float64(x[i])
		x[i] = v - 1e-3
		d[i] = (up - f()) / (upAt - float64(x[i]))
		x[i] = v
	}
	return d
}
