package kernel

// dense is the scheme of every convolution that is neither depthwise nor 1×1. The destination is cut into rectangles of pixels
// that see the same taps, so that each is one product and nothing is computed from padding.
type dense struct {
	Conv
	oh, ow        int
	ahead, behind []rectangle // that make y and dx
}

// rectangle is rows × cols pixels of a destination, and the taps that they see. Lengths and distances are in floats.
type rectangle struct {
	rows, cols           int
	dst, dstRow, dstCol  int // of its first pixel, and from one row and pixel to the next
	src, srcRow, srcCol  int // of the first tap of its first pixel
	w                    int // of the first tap
	product              product
	more, srcMore, wMore int // rows of taps that are products of their own, one after the other
}

func newDense(c Conv) *dense {
	d := &dense{Conv: c}
	d.oh, d.ow = c.OutSize()
	d.ahead = rectangles(c.forwardAxis(0), c.forwardAxis(1), c.Kernel[1], d.ow, c.W, c.Out, c.C, c.Groups)
	d.behind = rectangles(c.backwardAxis(0), c.backwardAxis(1), c.Kernel[1], c.W, d.ow, c.C, c.Out, c.Groups)
	return d
}

// rectangles pairs the classes of two axes. Weights are [KH, width, srcC/groups, dstC].
func rectangles(rows, cols axis, width, dstW, srcW, dstC, srcC, groups int) (rs []rectangle) {
	depth := srcC / groups * dstC // weights of a tap
	for _, y := range rows.classes() {
		for _, x := range cols.classes() {
			r := rectangle{rows: y.positions, cols: x.positions,
				dst: (y.first*dstW + x.first) * dstC, dstRow: y.step * dstW * dstC, dstCol: x.step * dstC,
				src: (y.src*srcW + x.src) * srcC, srcRow: y.srcStep * srcW * srcC, srcCol: x.srcStep * srcC,
				w: (y.tap*width + x.tap) * depth}
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

// apply sets the rectangle's pixels of one image.
func (r *rectangle) apply(dst, src, w []float32, groups int) {
	if r.more == 0 {
		r.clear(dst, r.product.n*groups)
		return
	}
	depth := r.product.k
	if groups == 1 {
		depth = 0
	}
	for g := range groups {
		out, in, taps := dst[r.dst+g*r.product.n:], src[r.src+g*depth:], w[r.w+g*r.product.n:]
		for i := range r.more {
			r.lines(out, in[i*r.srcMore:], taps[i*r.wMore:], i > 0)
		}
	}
}

// lines computes the longer side of the rectangle at once.
func (r *rectangle) lines(dst, src, w []float32, add bool) {
	q, lines := r.product, r.rows
	dstLine, srcLine := r.dstRow, r.srcRow
	q.m, q.am, q.cm = r.cols, r.srcCol, r.dstCol
	if r.rows > r.cols {
		lines, dstLine, srcLine = r.cols, r.dstCol, r.srcCol
		q.m, q.am, q.cm = r.rows, r.srcRow, r.dstRow
	}
	for i := range lines {
		q.apply(dst[i*dstLine:], src[i*srcLine:], w, add)
	}
}

func (r *rectangle) clear(dst []float32, channels int) {
	for i := range r.rows {
		for j := range r.cols {
			clear(dst[r.dst+i*r.dstRow+j*r.dstCol:][:channels])
		}
	}
}

func (c *dense) parts(n int) parts { return images(n, c.oh*c.ow) }

func (c *dense) inputRows(from, to int) (int, int) {
	pixels := c.oh * c.ow
	return from / pixels * c.H * c.W, to / pixels * c.H * c.W
}

func (c *dense) scratch(parts) int { return padded(c.H*c.W*c.C) + c.oh*c.ow*c.Out }

func (c *dense) packed() (forward, backward int) {
	return 0, c.Kernel[0] * c.Kernel[1] * c.C / c.Groups * c.Out
}

func (c *dense) pack(k *Convolution, backward bool) {
	if backward {
		k.flip()
	}
}

func (c *dense) forward(k *Convolution, r strip) {
	pixels := c.oh * c.ow
	for from := r.from; from < r.to; from += pixels {
		first, last := c.inputRows(from, from+pixels)
		z := k.input(r.local, first, last)
		for i := range c.ahead {
			c.ahead[i].apply(k.pass.y[from*c.Out:(from+pixels)*c.Out], z, k.pass.w, c.Groups)
		}
	}
	k.measureMoments(r, 0, blocks(c.Out))
}

func (c *dense) backward(k *Convolution, r strip) {
	pixels := c.oh * c.ow
	for from := r.from; from < r.to; from += pixels {
		d := k.outputGradient(r.local[padded(c.H*c.W*c.C):], from, from+pixels)
		first, last := c.inputRows(from, from+pixels)
		if r.sum != nil {
			z := k.input(r.local, first, last)
			for tap := range c.Kernel[0] * c.Kernel[1] {
				c.tapGradient(r.sum, z, d, tap)
			}
		}
		if k.pass.dx != nil {
			for i := range c.behind {
				c.behind[i].apply(k.pass.dx[first*c.C:last*c.C], d, k.pass.weights, c.Groups)
			}
		}
	}
	k.measureSlopes(r, 0, blocks(c.C))
}

// tapGradient adds one image's part of the gradient of a tap.
func (c *dense) tapGradient(sum, z, d []float32, tap int) {
	cg, og := c.C/c.Groups, c.Out/c.Groups
	dh, dv := tap/c.Kernel[1]*c.Dilation[0]-c.Pad[0], tap%c.Kernel[1]*c.Dilation[1]-c.Pad[1]
	top, bottom := inRange(c.oh, c.Stride[0], dh, c.H)
	left, right := inRange(c.ow, c.Stride[1], dv, c.W)
	if top == bottom || left == right {
		return
	}
	q := product{m: cg, n: og, taps: bottom - top, k: right - left, cm: c.Out,
		am: 1, at: c.Stride[0] * c.W * c.C, ak: c.Stride[1] * c.C, bt: c.ow * c.Out, bk: c.Out}
	x := ((top*c.Stride[0]+dh)*c.W + left*c.Stride[1] + dv) * c.C
	for g := range c.Groups {
		q.apply(sum[tap*cg*c.Out+g*og:], z[x+g*cg:], d[(top*c.ow+left)*c.Out+g*og:], true)
	}
}

func (c *dense) weights() parts {
	return parts{c.Kernel[0] * c.Kernel[1] * c.C / c.Groups * c.Out, chunk / 4}
}

func (c *dense) add(dw, sum []float32, from, to int, first bool) {
	accumulate(dw, sum, from, to, first)
}
