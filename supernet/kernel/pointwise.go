package kernel

// pointwise is the scheme of 1×1 convolutions: every row is a pixel, and images do not matter.
type pointwise struct{ Conv }

// newPointwise cuts parts that are short enough for the second-level cache.
func newPointwise(c Conv) (pointwise, layout) {
	rows, weights := min(max(1<<16/(c.C+c.Out), 32), 1024), c.C/c.Groups*c.Out
	return pointwise{c}, layout{rows: rows, unit: 1, inputUnit: 1, scratch: rows * (padded(c.C) + padded(c.Out)),
		packedBack: weights, weights: parts{weights, chunk / 4}}
}

func (c pointwise) pack(k *Convolution, backward bool) {
	if backward {
		k.flip()
	}
}

func (c pointwise) forward(k *Convolution, r strip) {
	z := k.input(r.local, r.from, r.to)
	cg, og := c.C/c.Groups, c.Out/c.Groups
	q := product{m: r.to - r.from, n: og, taps: 1, k: cg, am: c.C, ak: 1, bk: c.Out, cm: c.Out}
	for g := range c.Groups {
		q.norm = k.pass.out.from(g * og)
		q.apply(k.pass.y[r.from*c.Out+g*og:], z[g*cg:], k.pass.w[g*og:], false)
	}
	k.measureMoments(r, 0, blocks(c.Out))
}

func (c pointwise) backward(k *Convolution, r strip) {
	d := k.outputGradient(r.local, r.from, r.to)
	cg, og := c.C/c.Groups, c.Out/c.Groups
	if r.sum != nil {
		z := k.input(r.local[padded(len(d)):], r.from, r.to)
		q := product{m: cg, n: og, taps: 1, k: r.to - r.from, am: 1, ak: c.C, bk: c.Out, cm: c.Out}
		for g := range c.Groups {
			q.apply(r.sum[g*og:], z[g*cg:], d[g*og:], true)
		}
	}
	if k.pass.dx != nil {
		q := product{m: r.to - r.from, n: cg, taps: 1, k: og, am: c.Out, ak: 1, bk: c.C, cm: c.C}
		for g := range c.Groups {
			q.apply(k.pass.dx[r.from*c.C+g*cg:], d[g*og:], k.pass.weights[g*cg:], false)
		}
		k.measureSlopes(r, 0, blocks(c.C))
	}
}

func (c pointwise) add(dw, sum []float32, from, to int, first bool) {
	accumulate(dw, sum, from, to, first)
}

// accumulate adds x[from:to] to dst, or copies it first.
func accumulate(dst, x []float32, from, to int, first bool) {
	if first {
		copy(dst[from:to], x[from:to])
		return
	}
	add(dst[from:to], dst[from:to], x[from:to])
}

// flip reverses the taps and transposes them: dst[KH−1−i, KW−1−j, o, g·C/G + c] = w[i, j, c, g·Out/G + o].
func (k *Convolution) flip() {
	taps, cg := k.Kernel[0]*k.Kernel[1], k.C/k.Groups
	over(k.pass.pool, rowChunks(taps*cg, 4*k.Out), flipped{k.Conv, k.pass.weights, k.pass.w})
}

type flipped struct {
	Conv
	dst, w []float32
}

func (w *flipped) do(from, to int) {
	taps, cg, og := w.Kernel[0]*w.Kernel[1], w.C/w.Groups, w.Out/w.Groups
	for row := from; row < to; row++ {
		column := w.dst[(taps-1-row/cg)*og*w.C+row%cg:]
		for g := range w.Groups {
			for o, v := range w.w[row*w.Out+g*og:][:og] {
				column[o*w.C+g*cg] = v
			}
		}
	}
}
