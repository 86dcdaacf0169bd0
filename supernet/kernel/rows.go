package kernel

// The loops over rows of batch normalisation, biases and global pooling. Where a sum takes four rows at once, these are added in
// float32 before they join the float64 sum: conversion is the most expensive step.

// addShards sets dst to the sum of the parts of len(dst) elements, in order.
func addShards(dst, parts []float64) {
	clear(dst)
	for len(parts) >= len(dst) && len(dst) > 0 {
		part := parts[:len(dst)]
		for i, v := range part {
			dst[i] += v
		}
		parts = parts[len(dst):]
	}
}

// sumRows sets sum[i] = Σ x[r, i], all of it in float64.
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
func sumSquares(sum []float64, x, mean []float32) {
	clear(sum)
	n := len(sum)
	mean = mean[:n]
	for ; len(x) >= 4*n; x = x[4*n:] {
		x0, x1, x2, x3 := x[:n], x[n:][:n], x[2*n:][:n], x[3*n:][:n]
		for i := range sum {
			m := mean[i]
			a, b, c, d := x0[i]-m, x1[i]-m, x2[i]-m, x3[i]-m
			sum[i] += float64((a*a + b*b) + (c*c + d*d))
		}
	}
	for ; len(x) >= n; x = x[n:] {
		for i, v := range x[:n] {
			a := v - mean[i]
			sum[i] += float64(a * a)
		}
	}
}

// sumGradients sets sum[i] = Σ dy[r, i] and product[i] = Σ dy[r, i]·(x[r, i] − mean[i]).
func sumGradients(sum, product []float64, x, dy, mean []float32) {
	clear(sum)
	clear(product)
	n := len(sum)
	product, mean = product[:n], mean[:n]
	for ; len(x) >= 4*n; x, dy = x[4*n:], dy[4*n:] {
		x0, x1, x2, x3 := x[:n], x[n:][:n], x[2*n:][:n], x[3*n:][:n]
		d0, d1, d2, d3 := dy[:n], dy[n:][:n], dy[2*n:][:n], dy[3*n:][:n]
		for i := range sum {
			m := mean[i]
			a, b, c, d := d0[i], d1[i], d2[i], d3[i]
			sum[i] += float64((a + b) + (c + d))
			product[i] += float64((a*(x0[i]-m) + b*(x1[i]-m)) + (c*(x2[i]-m) + d*(x3[i]-m)))
		}
	}
	for ; len(x) >= n; x, dy = x[n:], dy[n:] {
		for i, d := range dy[:n] {
			sum[i] += float64(d)
			product[i] += float64(d * (x[i] - mean[i]))
		}
	}
}

// normalise sets dst[r, i] = (x[r, i] − mean[i])·scale[i] + beta[i].
func normalise(dst, x, mean, scale, beta []float32) {
	n := len(mean)
	scale, beta = scale[:n], beta[:n]
	for ; len(x) >= 2*n; x, dst = x[2*n:], dst[2*n:] {
		x0, x1, y0, y1 := x[:n], x[n:][:n], dst[:n], dst[n:][:n]
		for i, m := range mean {
			s, b := scale[i], beta[i]
			y0[i] = (x0[i]-m)*s + b
			y1[i] = (x1[i]-m)*s + b
		}
	}
	if len(x) > 0 {
		x0, y0 := x[:n], dst[:n]
		for i, m := range mean {
			y0[i] = (x0[i]-m)*scale[i] + beta[i]
		}
	}
}

// denormalise sets dx[r, i] = scale[i]·(dy[r, i] − shift[i] − (x[r, i] − mean[i])·slope[i]).
func denormalise(dx, x, dy, mean, scale, shift, slope []float32) {
	n := len(mean)
	scale, shift, slope = scale[:n], shift[:n], slope[:n]
	for ; len(x) >= 2*n; x, dy, dx = x[2*n:], dy[2*n:], dx[2*n:] {
		x0, x1, d0, d1, y0, y1 := x[:n], x[n:][:n], dx[:n], dx[n:][:n], dy[:n], dy[n:][:n]
		for i, m := range mean {
			s, a, b := scale[i], shift[i], slope[i]
			d0[i] = s * (y0[i] - a - (x0[i]-m)*b)
			d1[i] = s * (y1[i] - a - (x1[i]-m)*b)
		}
	}
	if len(x) > 0 {
		x0, d0, y0 := x[:n], dx[:n], dy[:n]
		for i, m := range mean {
			d0[i] = scale[i] * (y0[i] - shift[i] - (x0[i]-m)*slope[i])
		}
	}
}
