package kernel

//go:generate go run -C generate . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg kernel

// The loops in which the time goes. Each is written twice: as assembly for the instruction sets of amd64, and in Go,
// which says what it computes. Lengths and distances are in floats.

// lanes is the number of channels that one call of the loops below works on. Depthwise convolutions keep their images
// in this many channels at a time, [H, W, lanes], so that neighbouring pixels are neighbouring cache lines.
const lanes = 16

// maxTaps is the greatest number of taps of a line of a depthwise kernel that fit the registers.
const maxTaps = 11

// product is a multiplication of matrices, whose sums may run over several taps:
//
//	for i < m, j < n: c[i·cm + j] = Σ a[i·am + t·at + l·ak]·b[t·bt + l·bk + j]   over t < taps, l < k
//
// It can add to c instead. Then it normalises c by the coefficients of norm, if it has any, beginning with column 0.
//
// The coefficients of a may lie in any direction. So one loop serves rows of x times weights (forward), rows of dy
// times transposed weights (data), and columns of x times rows of dy (weights).
type product struct {
	m, n, taps, k int
	am, at, ak    int
	bt, bk        int
	cm            int
	norm          coefficients
}

// check panics where the product would leave a slice.
func (q *product) check(c, a, b []float32) {
	_ = c[(q.m-1)*q.cm+q.n-1]
	_ = a[(q.m-1)*q.am+(q.taps-1)*q.at+(q.k-1)*q.ak]
	_ = b[(q.taps-1)*q.bt+(q.k-1)*q.bk+q.n-1]
}

// portable sets c, or adds to it.
func (q *product) portable(c, a, b []float32, add bool) {
	for i := 0; i < q.m; i += 2 {
		pair := i+1 < q.m
		c0, c1 := c[i*q.cm:][:q.n], c[i*q.cm:][:q.n]
		a0, a1 := a[i*q.am:], a[i*q.am:]
		if pair {
			c1, a1 = c[(i+1)*q.cm:][:q.n], a[(i+1)*q.am:]
		}
		if !add {
			clear(c0)
			clear(c1)
		}
		for t := range q.taps {
			if pair {
				multiply2(c0, c1, a0[t*q.at:], a1[t*q.at:], q.ak, b[t*q.bt:], q.bk, q.k)
			} else {
				multiply1(c0, a0[t*q.at:], q.ak, b[t*q.bt:], q.bk, q.k)
			}
		}
	}
	q.norm.settle(rowsOf16{c, q.cm}, q.m, q.n)
}

// correlation is a part of a one-dimensional depthwise convolution without stride and dilation. Output a and tap b read
// input a + b. Inputs exist from lo to hi − 1.
type correlation struct {
	outputs, taps, lo, hi int
	dstStep, srcStep      int  // from one output, one input to the next, in pixels
	dst, src              int  // pixel of output 0 and of input 0
	tap, tapStep          int  // of the kernel's line: tap b is number tap + b·tapStep
	place                 int  // number of taps before these in a line of the packed kernel
	first                 bool // of the correlations with these taps
	add                   bool
	last                  bool // that adds to its outputs
}

// image is what a correlation reads: the first lanes channels of x [H, W, ·], and the kernel w [KH, taps, lanes] from
// wFrom on. Line h of the outputs sees the lines that rows.runs[h] says. The last correlation of an output normalises
// it by norm.
type image struct {
	rows        *axis
	x           []float32
	line, pixel int // from one line, one pixel of x to the next
	w           []float32
	wFrom       int
	norm        coefficients
}

// portable computes outputs of every line h of dst, in the first channels of lanes. Lines are dl apart and pixels dp:
//
//	dst[h, a] = Σ x[src, a + b]·w[tap, b]   over the src and tap that h sees, and b < taps with lo ≤ a + b < hi
//
// It adds to dst if c.add is set.
func (c *correlation) portable(dst []float32, dl, dp int, in *image, channels int) {
	for h, r := range in.rows.runs {
		to := series{dst, h*dl + c.dst*dp, c.dstStep * dp}
		if !c.add {
			for a := range c.outputs {
				clear(to.vector(a, channels))
			}
		}
		for i := range r.count {
			x := series{in.x, (r.src+i*in.rows.srcStep)*in.line + c.src*in.pixel, c.srcStep * in.pixel}
			w := series{in.w, in.wFrom + (r.tap+i*in.rows.tapStep)*c.taps*lanes, lanes}
			correlate(to, x, w, channels, c.outputs, c.taps, c.lo, c.hi)
		}
		if c.last {
			in.norm.settle(rowsOf16{to.data[to.from:], to.step}, c.outputs, channels)
		}
	}
}

// window is some lines of an image x [H, W, lanes], from pixel 0 of the first on.
type window struct {
	rows           int
	x              []float32
	from, lineStep int // offset of the first line in x and of one line from the one before
}

// gradientPortable adds the gradients of the taps of one line of the kernel to dw [taps, lanes]. It runs over several
// lines of x and of dy [·, ·, lanes]:
//
//	dw[b] += Σ dy[row, a]·x[row, a + b]   over rows, and a < outputs with lo ≤ a + b < hi
func (c *correlation) gradientPortable(dw []float32, in, dy *window) {
	for r := range in.rows {
		x := series{in.x, in.from + r*in.lineStep + c.src*lanes, c.srcStep * lanes}
		y := series{dy.x, dy.from + r*dy.lineStep + c.dst*lanes, c.dstStep * lanes}
		correlate(series{dw, 0, lanes}, x, y, lanes, c.taps, c.outputs, c.lo, c.hi)
	}
}

// rowsOf16 is a matrix whose row r starts at r·step. A loop works on the first channels of each row, at most lanes.
type rowsOf16 struct {
	x    []float32
	step int
}

func (m rowsOf16) row(r, channels int) []float32 { return m.x[r*m.step:][:channels] }

// normalisePortable sets dst[r] = max((x[r] − mean)·scale + shift, floor).
func (c coefficients) normalisePortable(dst, x rowsOf16, rows, channels int) {
	scale, shift, mean := c.vector(atScale)[:channels], c.vector(atShift)[:channels], c.vector(atMean)[:channels]
	for r := range rows {
		x, y := x.row(r, channels), dst.row(r, channels)
		for i, v := range x {
			y[i] = max((v-mean[i])*scale[i]+shift[i], c.norm.floor)
		}
	}
}

// denormalisePortable sets dst[r] = a·dz + b·(x[r] − mean) + constant. Here dz is dy[r] where normalisePortable is
// above floor, and 0 elsewhere.
func (c coefficients) denormalisePortable(dst, x, dy rowsOf16, rows, channels int) {
	scale, shift, mean := c.vector(atScale)[:channels], c.vector(atShift)[:channels], c.vector(atMean)[:channels]
	a, b, constant := c.vector(atA)[:channels], c.vector(atB)[:channels], c.vector(atConstant)[:channels]
	for r := range rows {
		x, dy, d := x.row(r, channels), dy.row(r, channels), dst.row(r, channels)
		for i, v := range x {
			dz, v := dy[i], v-mean[i]
			if v*scale[i]+shift[i] <= c.norm.floor {
				dz = 0
			}
			d[i] = a[i]*dz + (b[i]*v + constant[i])
		}
	}
}

// slopesPortable sets dst [2, lanes] to Σ dz and Σ dz·(x − mean) over rows, with dz as in denormalisePortable.
func (c coefficients) slopesPortable(dst []float32, x, dy rowsOf16, rows, channels int) {
	scale, shift, mean := c.vector(atScale)[:channels], c.vector(atShift)[:channels], c.vector(atMean)[:channels]
	sum, product := dst[:lanes], dst[lanes:2*lanes]
	clear(dst[:2*lanes])
	for r := range rows {
		x, dy := x.row(r, channels), dy.row(r, channels)
		for i, v := range x {
			dz, v := dy[i], v-mean[i]
			if v*scale[i]+shift[i] <= c.norm.floor {
				dz = 0
			}
			sum[i] += dz
			product[i] += dz * v
		}
	}
}

// momentsPortable sets dst [3, lanes] to what is needed for the mean and the variance of each channel over rows:
//
//	reference ≈ mean, sum = Σ (x − reference), squares = Σ (x − reference)²
func momentsPortable(dst []float32, x rowsOf16, rows, channels int) {
	var mean, sum, squares [lanes]float64
	for r := range rows {
		for i, v := range x.row(r, channels) {
			mean[i] += float64(v)
		}
	}
	for i := range mean {
		dst[i] = float32(mean[i] / float64(rows))
	}
	for r := range rows {
		for i, v := range x.row(r, channels) {
			d := float64(v - dst[i])
			sum[i] += d
			squares[i] += d * d
		}
	}
	for i := range sum {
		dst[lanes+i], dst[2*lanes+i] = float32(sum[i]), float32(squares[i])
	}
}
