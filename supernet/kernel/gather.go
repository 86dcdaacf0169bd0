package kernel

// gather computes each pixel of a destination from the pixels of a source that its window covers: the forward pass, or the backward
// pass with flipped weights. Two images go together, since their pixels see the same taps.
type gather struct {
	dst, src   [3]int // height, width, channels
	width      int    // of the kernel
	groups     int
	rows, cols axis
}

// axis says which taps and which source positions each position of the destination sees.
type axis struct {
	runs             []run
	tapStep, srcStep int // from one tap of a run to the next
}

// run is count taps, the first of which is tap and reads position src.
type run struct{ tap, src, count int }

// forwardGather reads x to make y.
func (p *Pool) forwardGather(c Conv) gather {
	oh, ow := c.OutSize()
	runs := p.scratchRuns(oh + ow)
	g := gather{dst: [3]int{oh, ow, c.Out}, src: [3]int{c.H, c.W, c.C}, width: c.Kernel[1], groups: c.Groups}
	g.rows = axis{runs[:oh], 1, c.Dilation[0]}
	g.cols = axis{runs[oh:], 1, c.Dilation[1]}
	for i, a := range []axis{g.rows, g.cols} {
		for o := range a.runs {
			a.runs[o] = findRun(c.Kernel[i], func(tap int) (int, bool) {
				src := o*c.Stride[i] - c.Pad[i] + tap*c.Dilation[i]
				return src, src >= 0 && src < g.src[i]
			})
		}
	}
	return g
}

// backwardGather reads dy to make dx, with taps in reverse.
func (p *Pool) backwardGather(c Conv) gather {
	oh, ow := c.OutSize()
	runs := p.scratchRuns(c.H + c.W)
	g := gather{dst: [3]int{c.H, c.W, c.C}, src: [3]int{oh, ow, c.Out}, width: c.Kernel[1], groups: c.Groups}
	g.rows.runs, g.cols.runs = runs[:c.H], runs[c.H:]
	for i, a := range []*axis{&g.rows, &g.cols} {
		common := gcd(c.Stride[i], c.Dilation[i])
		a.tapStep, a.srcStep = c.Stride[i]/common, c.Dilation[i]/common
		for o := range a.runs {
			a.runs[o] = findRun(c.Kernel[i], func(tap int) (int, bool) {
				at := o + c.Pad[i] - (c.Kernel[i]-1-tap)*c.Dilation[i]
				return at / c.Stride[i], at >= 0 && at%c.Stride[i] == 0 && at/c.Stride[i] < g.src[i]
			})
		}
	}
	return g
}

// findRun collects the taps 0..taps−1 for which source says yes; they are evenly spaced.
func findRun(taps int, source func(tap int) (src int, ok bool)) (r run) {
	for tap := range taps {
		src, ok := source(tap)
		if ok && r.count == 0 {
			r.tap, r.src = tap, src
		}
		if ok {
			r.count++
		}
	}
	return r
}

// minProducts is about the number of multiplications for which another goroutine pays.
const minProducts = 1 << 16

// apply sets dst from src and the weights w [KH, KW, C/Groups, Out] for n images.
func (g gather) apply(p *Pool, dst, src, w []float32, n int) {
	height := g.dst[0]
	lines := ceilDiv(n, 2) * height // of pairs of images
	shards := min(lines, 64, ceilDiv(n*height*g.dst[1]*len(w), minProducts))
	p.run(shards, func(_, s int) {
		from, to := part(lines, shards, s)
		for line := from; line < to; line++ {
			b, h := 2*(line/height), line%height
			for v := range g.dst[1] {
				g.pixel(dst, src, w, b, h, v, b+1 < n)
			}
		}
	})
}

// pixel sets pixel (h, v) of image b, and of image b+1 if there is a pair.
func (g gather) pixel(dst, src, w []float32, b, h, v int, pair bool) {
	size, channels := g.dst[0]*g.dst[1]*g.dst[2], g.dst[2]
	d0 := dst[b*size+(h*g.dst[1]+v)*channels:][:channels]
	clear(d0)
	d1 := d0
	if pair {
		d1 = dst[(b+1)*size+(h*g.dst[1]+v)*channels:][:channels]
		clear(d1)
	}
	row, col := g.rows.runs[h], g.cols.runs[v]
	if row.count == 0 || col.count == 0 {
		return
	}
	image := g.src[0] * g.src[1] * g.src[2]
	for i := range row.count {
		tap := (row.tap+i*g.rows.tapStep)*g.width + col.tap
		from := ((row.src+i*g.rows.srcStep)*g.src[1] + col.src) * g.src[2]
		x0 := src[b*image+from : (b+1)*image]
		x1 := x0
		if pair {
			x1 = src[(b+1)*image+from : (b+2)*image]
		}
		g.line(d0, d1, x0, x1, w[tap*g.src[2]/g.groups*channels:], col.count, pair)
	}
}

// line adds count taps of one line of the kernel. Neighbouring taps that read neighbouring pixels are one long product.
func (g gather) line(d0, d1, x0, x1, w []float32, count int, pair bool) {
	srcC, dstC := g.src[2]/g.groups, g.dst[2]/g.groups
	length, stride := srcC, g.dst[2]
	if g.groups == 1 && g.cols.tapStep == 1 && g.cols.srcStep == 1 {
		length, count = srcC*count, 1
	}
	for i := range count {
		x, wt := i*g.cols.srcStep*g.src[2], w[i*g.cols.tapStep*srcC*stride:]
		for k := range g.groups {
			from, to := k*dstC, (k+1)*dstC
			if pair {
				multiply2(d0[from:to], d1[from:to], x0[x+k*srcC:], x1[x+k*srcC:], 1, wt[from:], stride, length)
			} else {
				multiply1(d0[from:to], x0[x+k*srcC:], 1, wt[from:], stride, length)
			}
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
