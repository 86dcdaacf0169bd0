package kernel

import "slices"

// dense is the scheme of every convolution that is neither depthwise nor 1×1. The destination is cut into rectangles of
// pixels that see the same taps. So each is one product, and nothing is computed from padding.
type dense struct {
	Conv
	oh, ow        int
	ahead, behind []rectangle // that make y and dx
}

// rectangle is rows × cols pixels of a destination, and the taps that they see. Lengths and distances are in floats.
type rectangle struct {
	rows, cols           extent
	dst, src             int // of its first pixel, and of the first tap of that
	w                    int // of the first tap
	product              product
	more, srcMore, wMore int // rows of taps that are products of their own, one after the other
}

// extent is count pixels, or rows of them, or images, of two tensors: a and b are the distances from one to the next.
type extent struct{ count, a, b int }

func newDense(c Conv) (*dense, layout) {
	d := &dense{Conv: c}
	d.oh, d.ow = c.OutSize()
	d.ahead = rectangles(c.forwardAxis(0), c.forwardAxis(1), c.Kernel[1], d.ow, c.W, c.Out, c.C, c.Groups)
	d.behind = rectangles(c.backwardAxis(0), c.backwardAxis(1), c.Kernel[1], c.W, d.ow, c.C, c.Out, c.Groups)
	l := c.wholeImages()
	_, inputs := l.inputRows(0, l.rows)
	l.scratch = padded(inputs*c.C) + l.rows*c.Out
	l.packedBack = c.Kernel[0] * c.Kernel[1] * c.C / c.Groups * c.Out
	l.weights = parts{l.packedBack, chunk / 4}
	return d, l
}

// rectangles pairs the classes of two axes. Weights are [KH, width, srcC/groups, dstC].
func rectangles(rows, cols axis, width, dstW, srcW, dstC, srcC, groups int) (rs []rectangle) {
	depth := srcC / groups * dstC // weights of a tap
	for _, y := range rows.classes() {
		for _, x := range cols.classes() {
			r := rectangle{
				rows: extent{y.positions, y.step * dstW * dstC, y.srcStep * srcW * srcC},
				cols: extent{x.positions, x.step * dstC, x.srcStep * srcC},
				dst:  (y.first*dstW + x.first) * dstC,
				src:  (y.src*srcW + x.src) * srcC,
				w:    (y.tap*width + x.tap) * depth,
			}
			q := product{n: dstC / groups, k: srcC / groups, ak: 1, bk: dstC}
			lineTaps, lineAt, lineBt := y.count, rows.srcStep*srcW*srcC, rows.tapStep*width*depth
			neighbours := groups == 1 && cols.tapStep == 1 && cols.srcStep == 1
			if x.count == 1 || neighbours { // a line of taps is one long sum
				q.k *= x.count
				q.taps, q.at, q.bt, r.more = lineTaps, lineAt, lineBt, 1
			} else {
				q.taps, q.at, q.bt = x.count, cols.srcStep*srcC, cols.tapStep*depth
				r.more, r.srcMore, r.wMore = lineTaps, lineAt, lineBt
			}
			if x.count == 0 || y.count == 0 {
				r.more = 0
			}
			r.product = q
			rs = append(rs, r)
		}
	}
	return rs
}

// apply sets the rectangle's pixels of some images.
func (r *rectangle) apply(dst, src, w []float32, groups int, images extent) {
	if r.more == 0 {
		r.clear(dst, r.product.n*groups, images)
		return
	}
	pixels := longest(images, r.rows, r.cols)
	depth := r.product.k
	if groups == 1 {
		depth = 0
	}
	for g := range groups {
		out, in, taps := dst[r.dst+g*r.product.n:], src[r.src+g*depth:], w[r.w+g*r.product.n:]
		for i := range r.more {
			r.multiply(out, in[i*r.srcMore:], taps[i*r.wMore:], pixels, i > 0)
		}
	}
}

// multiply takes the most pixels at once that are evenly spaced.
func (r *rectangle) multiply(dst, src, w []float32, pixels [3]extent, add bool) {
	q := r.product
	q.m, q.cm, q.am = pixels[0].count, pixels[0].a, pixels[0].b
	for i := range pixels[1].count {
		for j := range pixels[2].count {
			q.apply(dst[i*pixels[1].a+j*pixels[2].a:], src[i*pixels[1].b+j*pixels[2].b:], w, add)
		}
	}
}

func (r *rectangle) clear(dst []float32, channels int, images extent) {
	for n := range images.count {
		for i := range r.rows.count {
			for j := range r.cols.count {
				clear(dst[r.dst+n*images.a+i*r.rows.a+j*r.cols.a:][:channels])
			}
		}
	}
}

// longest joins directions in which pixels are evenly spaced, and puts the longest one first.
func longest(images, rows, cols extent) (e [3]extent) {
	e[2], e[1] = rows.join(cols)
	if e[1].count == 1 {
		e[2], e[0] = images.join(e[2])
	} else {
		e[1], e[0] = images.join(e[1])
	}
	slices.SortStableFunc(e[:], func(a, b extent) int { return b.count - a.count })
	return e
}

// join makes one direction of an inner and an outer one if it can. It returns what is left of the outer one.
func (e extent) join(inner extent) (joined, rest extent) {
	switch {
	case inner.count == 1:
		return e, inner
	case e.count == 1 || e.a != inner.count*inner.a || e.b != inner.count*inner.b:
		return inner, e
	}
	inner.count *= e.count
	return inner, extent{count: 1}
}

func (c *dense) pack(k *Convolution, backward bool) {
	if backward {
		k.flip()
	}
}

func (c *dense) forward(k *Convolution, r strip) {
	first, last := k.layout.inputRows(r.from, r.to)
	z := k.input(r.local, first, last)
	images := extent{(r.to - r.from) / (c.oh * c.ow), c.oh * c.ow * c.Out, c.H * c.W * c.C}
	for i := range c.ahead {
		c.ahead[i].apply(k.pass.y[r.from*c.Out:r.to*c.Out], z, k.pass.w, c.Groups, images)
	}
	k.measureMoments(r, 0, blocks(c.Out))
	k.pass.out.from(0).settle(rowsOf16{k.pass.y[r.from*c.Out:], c.Out}, r.to-r.from, c.Out)
}

func (c *dense) backward(k *Convolution, r strip) {
	first, last := k.layout.inputRows(r.from, r.to)
	d := k.outputGradient(r.local[padded((last-first)*c.C):], r.from, r.to)
	images := extent{(r.to - r.from) / (c.oh * c.ow), c.H * c.W * c.C, c.oh * c.ow * c.Out}
	if r.sum != nil {
		z := k.input(r.local, first, last)
		for tap := range c.Kernel[0] * c.Kernel[1] {
			c.tapGradient(r.sum, z, d, tap, images)
		}
	}
	if k.pass.dx != nil {
		for i := range c.behind {
			c.behind[i].apply(k.pass.dx[first*c.C:last*c.C], d, k.pass.weights, c.Groups, images)
		}
	}
	k.measureSlopes(r, 0, blocks(c.C))
}

// tapGradient adds some images' part of the gradient of a tap.
func (c *dense) tapGradient(sum, z, d []float32, tap int, images extent) {
	cg, og := c.C/c.Groups, c.Out/c.Groups
	dh, dv := tap/c.Kernel[1]*c.Dilation[0]-c.Pad[0], tap%c.Kernel[1]*c.Dilation[1]-c.Pad[1]
	top, bottom := inRange(c.oh, c.Stride[0], dh, c.H)
	left, right := inRange(c.ow, c.Stride[1], dv, c.W)
	if top == bottom || left == right {
		return
	}
	pixels := longest(images, extent{bottom - top, c.Stride[0] * c.W * c.C, c.ow * c.Out},
		extent{right - left, c.Stride[1] * c.C, c.Out})
	q := product{m: cg, n: og, am: 1, cm: c.Out,
		k: pixels[0].count, ak: pixels[0].a, bk: pixels[0].b, taps: pixels[1].count, at: pixels[1].a, bt: pixels[1].b}
	x := ((top*c.Stride[0]+dh)*c.W + left*c.Stride[1] + dv) * c.C
	y := (top*c.ow + left) * c.Out
	for i := range pixels[2].count {
		for g := range c.Groups {
			q.apply(sum[tap*cg*c.Out+g*og:], z[x+i*pixels[2].a+g*cg:], d[y+i*pixels[2].b+g*og:], true)
		}
	}
}

func (c *dense) add(dw, sum []float32, from, to int, first bool) {
	accumulate(dw, sum, from, to, first)
}
