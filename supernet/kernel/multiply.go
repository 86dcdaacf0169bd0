package kernel

// The multiplications of every convolution but depthwise ones, in Go. Coefficients step through memory, as product
// says.

// multiply2 adds k scaled rows of w to two destinations:
//
//	for i < k: d0[o] += x0[i·xStep]·w[i·wStep + o]; d1[o] += x1[i·xStep]·w[i·wStep + o]
func multiply2(d0, d1, x0, x1 []float32, xStep int, w []float32, wStep, k int) {
	n := len(d0)
	d1 = d1[:n]
	x, r := 0, 0
	for ; k >= 4; k -= 4 {
		w0, w1, w2, w3 := w[r:][:n], w[r+wStep:][:n], w[r+2*wStep:][:n], w[r+3*wStep:][:n]
		a0, a1, a2, a3 := x0[x], x0[x+xStep], x0[x+2*xStep], x0[x+3*xStep]
		b0, b1, b2, b3 := x1[x], x1[x+xStep], x1[x+2*xStep], x1[x+3*xStep]
		for o := range d0 {
			v0, v1, v2, v3 := w0[o], w1[o], w2[o], w3[o]
			d0[o] += (v0*a0 + v1*a1) + (v2*a2 + v3*a3)
			d1[o] += (v0*b0 + v1*b1) + (v2*b2 + v3*b3)
		}
		x += 4 * xStep
		r += 4 * wStep
	}
	if k >= 2 {
		w0, w1 := w[r:][:n], w[r+wStep:][:n]
		a0, a1, b0, b1 := x0[x], x0[x+xStep], x1[x], x1[x+xStep]
		for o := range d0 {
			v0, v1 := w0[o], w1[o]
			d0[o] += v0*a0 + v1*a1
			d1[o] += v0*b0 + v1*b1
		}
		x += 2 * xStep
		r += 2 * wStep
		k -= 2
	}
	if k > 0 {
		row, a, b := w[r:][:n], x0[x], x1[x]
		for o := range d0 {
			v := row[o]
			d0[o] += v * a
			d1[o] += v * b
		}
	}
}

// multiply1 is multiply2 for one destination:
//
//	for i < k: d[o] += x[i·xStep]·w[i·wStep + o]
func multiply1(d, x []float32, xStep int, w []float32, wStep, k int) {
	n := len(d)
	p, r := 0, 0
	for ; k >= 4; k -= 4 {
		w0, w1, w2, w3 := w[r:][:n], w[r+wStep:][:n], w[r+2*wStep:][:n], w[r+3*wStep:][:n]
		a0, a1, a2, a3 := x[p], x[p+xStep], x[p+2*xStep], x[p+3*xStep]
		for o := range d {
			d[o] += (w0[o]*a0 + w1[o]*a1) + (w2[o]*a2 + w3[o]*a3)
		}
		p += 4 * xStep
		r += 4 * wStep
	}
	for ; k > 0; k-- {
		axpy(d, w[r:][:n], x[p])
		p += xStep
		r += wStep
	}
}
