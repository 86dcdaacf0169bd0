package kernel

// tileAxB does for A outputs from a on and B taps from b on:
//
//	for i < A, j < B: dst[a+i] += x[a+i+b+j]·w[b+j]

func tile4x4(dst, x, w series, n, a, b int) {
	d0, d1, d2, d3 := dst.vector(a, n), dst.vector(a+1, n), dst.vector(a+2, n), dst.vector(a+3, n)
	w0, w1, w2, w3 := w.vector(b, n), w.vector(b+1, n), w.vector(b+2, n), w.vector(b+3, n)
	q := a + b
	x0, x1, x2, x3 := x.vector(q, n), x.vector(q+1, n), x.vector(q+2, n), x.vector(q+3, n)
	x4, x5, x6 := x.vector(q+4, n), x.vector(q+5, n), x.vector(q+6, n)
	for i := range n {
		u0, u1, u2, u3 := w0[i], w1[i], w2[i], w3[i]
		v1, v2, v3, v4, v5 := x1[i], x2[i], x3[i], x4[i], x5[i]
		d0[i] += (x0[i]*u0 + v1*u1) + (v2*u2 + v3*u3)
		d1[i] += (v1*u0 + v2*u1) + (v3*u2 + v4*u3)
		d2[i] += (v2*u0 + v3*u1) + (v4*u2 + v5*u3)
		d3[i] += (v3*u0 + v4*u1) + (v5*u2 + x6[i]*u3)
	}
}

func tile3x4(dst, x, w series, n, a, b int) {
	d0, d1, d2 := dst.vector(a, n), dst.vector(a+1, n), dst.vector(a+2, n)
	w0, w1, w2, w3 := w.vector(b, n), w.vector(b+1, n), w.vector(b+2, n), w.vector(b+3, n)
	q := a + b
	x0, x1, x2 := x.vector(q, n), x.vector(q+1, n), x.vector(q+2, n)
	x3, x4, x5 := x.vector(q+3, n), x.vector(q+4, n), x.vector(q+5, n)
	for i := range n {
		u0, u1, u2, u3 := w0[i], w1[i], w2[i], w3[i]
		v1, v2, v3, v4 := x1[i], x2[i], x3[i], x4[i]
		d0[i] += (x0[i]*u0 + v1*u1) + (v2*u2 + v3*u3)
		d1[i] += (v1*u0 + v2*u1) + (v3*u2 + v4*u3)
		d2[i] += (v2*u0 + v3*u1) + (v4*u2 + x5[i]*u3)
	}
}

func tile4x3(dst, x, w series, n, a, b int) {
	d0, d1, d2, d3 := dst.vector(a, n), dst.vector(a+1, n), dst.vector(a+2, n), dst.vector(a+3, n)
	w0, w1, w2 := w.vector(b, n), w.vector(b+1, n), w.vector(b+2, n)
	q := a + b
	x0, x1, x2 := x.vector(q, n), x.vector(q+1, n), x.vector(q+2, n)
	x3, x4, x5 := x.vector(q+3, n), x.vector(q+4, n), x.vector(q+5, n)
	for i := range n {
		u0, u1, u2 := w0[i], w1[i], w2[i]
		v1, v2, v3, v4 := x1[i], x2[i], x3[i], x4[i]
		d0[i] += x0[i]*u0 + v1*u1 + v2*u2
		d1[i] += v1*u0 + v2*u1 + v3*u2
		d2[i] += v2*u0 + v3*u1 + v4*u2
		d3[i] += v3*u0 + v4*u1 + x5[i]*u2
	}
}

func tile4x2(dst, x, w series, n, a, b int) {
	d0, d1, d2, d3 := dst.vector(a, n), dst.vector(a+1, n), dst.vector(a+2, n), dst.vector(a+3, n)
	w0, w1 := w.vector(b, n), w.vector(b+1, n)
	q := a + b
	x0, x1, x2, x3, x4 := x.vector(q, n), x.vector(q+1, n), x.vector(q+2, n), x.vector(q+3, n), x.vector(q+4, n)
	for i := range n {
		u0, u1 := w0[i], w1[i]
		v1, v2, v3 := x1[i], x2[i], x3[i]
		d0[i] += x0[i]*u0 + v1*u1
		d1[i] += v1*u0 + v2*u1
		d2[i] += v2*u0 + v3*u1
		d3[i] += v3*u0 + x4[i]*u1
	}
}

func tile1x4(dst, x, w series, n, a, b int) {
	d := dst.vector(a, n)
	w0, w1, w2, w3 := w.vector(b, n), w.vector(b+1, n), w.vector(b+2, n), w.vector(b+3, n)
	q := a + b
	x0, x1, x2, x3 := x.vector(q, n), x.vector(q+1, n), x.vector(q+2, n), x.vector(q+3, n)
	for i := range n {
		d[i] += (x0[i]*w0[i] + x1[i]*w1[i]) + (x2[i]*w2[i] + x3[i]*w3[i])
	}
}

func tile1x3(dst, x, w series, n, a, b int) {
	d := dst.vector(a, n)
	w0, w1, w2 := w.vector(b, n), w.vector(b+1, n), w.vector(b+2, n)
	x0, x1, x2 := x.vector(a+b, n), x.vector(a+b+1, n), x.vector(a+b+2, n)
	for i := range n {
		d[i] += x0[i]*w0[i] + x1[i]*w1[i] + x2[i]*w2[i]
	}
}

func tile1x2(dst, x, w series, n, a, b int) {
	d := dst.vector(a, n)
	w0, w1 := w.vector(b, n), w.vector(b+1, n)
	x0, x1 := x.vector(a+b, n), x.vector(a+b+1, n)
	for i := range n {
		d[i] += x0[i]*w0[i] + x1[i]*w1[i]
	}
}
