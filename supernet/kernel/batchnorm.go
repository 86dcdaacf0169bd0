package kernel

import "math"

// BatchNormStats computes the mean and the biased variance of each of the c channels over the rows of x, in two passes:
//
//	mean = Σ x/rows, variance = Σ (x − mean)²/rows
//
// Sums are float64, in a fixed order; the second pass uses the mean before its rounding to float32.
func BatchNormStats(p *Pool, mean, variance, x []float32, c int) {
	rows := rowsOf(x, c)
	need(mean, c)
	need(variance, c)
	shards := rowBlocks(rows, c)
	sums := p.scratch64((shards + 1) * c)
	exact, sums := sums[:c], sums[c:]
	p.run(shards, func(_, s int) {
		from, to := part(rows, shards, s)
		sumRows(sums[s*c:(s+1)*c], x[from*c:to*c])
	})
	addShards(exact, sums)
	for i := range exact {
		exact[i] /= float64(rows)
		mean[i] = float32(exact[i])
	}
	p.run(shards, func(_, s int) {
		from, to := part(rows, shards, s)
		sumSquares(sums[s*c:(s+1)*c], x[from*c:to*c], exact)
	})
	addShards(exact, sums)
	for i, v := range exact {
		variance[i] = float32(v / float64(rows))
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
		for r := from; r < to; r++ {
			normalise(dst[r*c:(r+1)*c], x[r*c:(r+1)*c], mean, scale, beta)
		}
	})
}

// BatchNormBackward computes the gradients of BatchNormForward; dx may be dy. With x̂ = (x − mean)/√(variance + eps):
//
//	dbeta = Σ dy, dgamma = Σ dy·x̂
//	dx = gamma/√(variance + eps)·(dy − dbeta/rows − x̂·dgamma/rows)   if mean and variance are those of x (batchStats)
//	dx = gamma/√(variance + eps)·dy                                  if they are constants
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
		for r := from; r < to; r++ {
			d, g := dx[r*c:(r+1)*c], dy[r*c:(r+1)*c]
			if batchStats {
				denormalise(d, x[r*c:(r+1)*c], g, mean, scale, shift, slope)
			} else {
				multiply(d, g, scale)
			}
		}
	})
}

// addShards sets dst to the sum of the parts of len(dst) elements, in order.
func addShards[T float32 | float64](dst, parts []T) {
	clear(dst)
	for len(parts) >= len(dst) && len(dst) > 0 {
		part := parts[:len(dst)]
		for i, v := range part {
			dst[i] += v
		}
		parts = parts[len(dst):]
	}
}

// sumRows sets sum[i] = Σ x[r, i].
func sumRows(sum []float64, x []float32) {
	clear(sum)
	c := len(sum)
	for ; len(x) >= 4*c; x = x[4*c:] {
		x0, x1, x2, x3 := x[:c], x[c:][:c], x[2*c:][:c], x[3*c:][:c]
		for i := range sum {
			sum[i] += (float64(x0[i]) + float64(x1[i])) + (float64(x2[i]) + float64(x3[i]))
		}
	}
	for ; len(x) >= c; x = x[c:] {
		for i, v := range x[:c] {
			sum[i] += float64(v)
		}
	}
}

// sumSquares sets sum[i] = Σ (x[r, i] − mean[i])².
func sumSquares(sum []float64, x []float32, mean []float64) {
	clear(sum)
	c := len(sum)
	mean = mean[:c]
	for ; len(x) >= 2*c; x = x[2*c:] {
		x0, x1 := x[:c], x[c:][:c]
		for i := range sum {
			m := mean[i]
			a, b := float64(x0[i])-m, float64(x1[i])-m
			sum[i] += a*a + b*b
		}
	}
	for ; len(x) >= c; x = x[c:] {
		for i, v := range x[:c] {
			a := float64(v) - mean[i]
			sum[i] += a * a
		}
	}
}

// sumGradients sets sum[i] = Σ dy[r, i] and product[i] = Σ dy[r, i]·(x[r, i] − mean[i]).
func sumGradients(sum, product []float64, x, dy, mean []float32) {
	clear(sum)
	clear(product)
	c := len(sum)
	product, mean = product[:c], mean[:c]
	for ; len(x) >= c; x, dy = x[c:], dy[c:] {
		x0, d0 := x[:c], dy[:c]
		for i := range sum {
			d := float64(d0[i])
			sum[i] += d
			product[i] += d * (float64(x0[i]) - float64(mean[i]))
		}
	}
}

// normalise sets dst[i] = (x[i] − mean[i])·scale[i] + beta[i].
func normalise(dst, x, mean, scale, beta []float32) {
	n := len(dst)
	x, mean, scale, beta = x[:n], mean[:n], scale[:n], beta[:n]
	for i := range dst {
		dst[i] = (x[i]-mean[i])*scale[i] + beta[i]
	}
}

// denormalise sets dx[i] = scale[i]·(dy[i] − shift[i] − (x[i] − mean[i])·slope[i]).
func denormalise(dx, x, dy, mean, scale, shift, slope []float32) {
	n := len(dx)
	x, dy, mean, scale, shift, slope = x[:n], dy[:n], mean[:n], scale[:n], shift[:n], slope[:n]
	for i := range dx {
		dx[i] = scale[i] * (dy[i] - shift[i] - (x[i]-mean[i])*slope[i])
	}
}
