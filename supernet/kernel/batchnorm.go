package kernel

import "math"

// BatchNormStats computes the mean and the biased variance of each of the c channels over the rows of x, in two passes:
//
//	mean = Σ x/rows, variance = Σ (x − mean)²/rows
//
// Sums are float64 (squares of four rows at a time in float32), in a fixed order. The rounding of mean to float32 does not enter the
// variance, whose relative error stays below 1e-6 however far the mean is from 0.
func BatchNormStats(p *Pool, mean, variance, x []float32, c int) {
	rows := rowsOf(x, c)
	need(mean, c)
	need(variance, c)
	shards := rowBlocks(rows, c)
	sums := p.scratch64((shards + 1) * c)
	total, sums := sums[:c], sums[c:]
	p.run(shards, func(_, s int) {
		from, to := part(rows, shards, s)
		sumRows(sums[s*c:(s+1)*c], x[from*c:to*c])
	})
	addShards(total, sums)
	for i, v := range total {
		exact := v / float64(rows)
		mean[i] = float32(exact)
		rest := exact - float64(mean[i])
		total[i] = rest * rest
	}
	p.run(shards, func(_, s int) {
		from, to := part(rows, shards, s)
		sumSquares(sums[s*c:(s+1)*c], x[from*c:to*c], mean)
	})
	for i, correction := range total {
		v := 0.0
		for s := range shards {
			v += sums[s*c+i]
		}
		variance[i] = float32(max(v/float64(rows)-correction, 0))
	}
}

// BatchNormForward normalises rows of C = len(mean) channels; dst may be x:
//
//	dst = (x − mean)·gamma/√(variance + eps) + beta
func BatchNormForward(p *Pool, dst, x, mean, variance, gamma, beta []float32, eps float32) {
	c := len(mean)
	rows := rowsOf(x, c)
	need(dst, len(x))
	need(variance, c)
	need(gamma, c)
	need(beta, c)
	scale := p.scratch32(c)
	for i, v := range variance {
		scale[i] = float32(float64(gamma[i]) / math.Sqrt(float64(v)+float64(eps)))
	}
	p.rows(rows, c, func(from, to int) {
		normalise(dst[from*c:to*c], x[from*c:to*c], mean, scale, beta)
	})
}

// BatchNormBackward computes the gradients of BatchNormForward; dx may be dy. With x̂ = (x − mean)/√(variance + eps):
//
//	dbeta = Σ dy, dgamma = Σ dy·x̂
//	dx = gamma/√(variance + eps)·(dy − dbeta/rows − x̂·dgamma/rows)   if mean and variance are those of x (batchStats)
//	dx = gamma/√(variance + eps)·dy                                  if they are constants
//
// Sums are float64 (four rows at a time in float32), in a fixed order.
func BatchNormBackward(p *Pool, dx, dgamma, dbeta, x, dy, mean, variance, gamma []float32, eps float32, batchStats bool) {
	c := len(mean)
	rows := rowsOf(x, c)
	need(dx, len(x))
	need(dy, len(x))
	for _, v := range [][]float32{dgamma, dbeta, variance, gamma} {
		need(v, c)
	}
	shards := rowBlocks(rows, c)
	sums := p.scratch64((shards + 1) * 2 * c)
	total, sums := sums[:2*c], sums[2*c:]
	p.run(shards, func(_, s int) {
		from, to := part(rows, shards, s)
		sumGradients(sums[2*s*c:][:c], sums[(2*s+1)*c:][:c], x[from*c:to*c], dy[from*c:to*c], mean)
	})
	addShards(total, sums)
	k := p.scratch32(3 * c)
	scale, shift, slope := k[:c], k[c:2*c], k[2*c:]
	for i, v := range variance {
		invstd := 1 / math.Sqrt(float64(v)+float64(eps))
		sumDy, sumDyX := total[i], total[c+i]
		dbeta[i] = float32(sumDy)
		dgamma[i] = float32(sumDyX * invstd)
		scale[i] = float32(float64(gamma[i]) * invstd)
		shift[i] = float32(sumDy / float64(rows))
		slope[i] = float32(sumDyX * invstd * invstd / float64(rows))
	}
	p.rows(rows, c, func(from, to int) {
		if batchStats {
			denormalise(dx[from*c:to*c], x[from*c:to*c], dy[from*c:to*c], mean, scale, shift, slope)
			return
		}
		for r := from; r < to; r++ {
			multiply(dx[r*c:(r+1)*c], dy[r*c:(r+1)*c], scale)
		}
	})
}
