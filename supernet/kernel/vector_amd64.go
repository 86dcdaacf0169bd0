//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// instructions is the set that the kernels use: avx512, avx2 or none.
var instructions = best()

type instructionSet int

const (
	none instructionSet = iota
	avx2
	avx512
)

// best is the greatest set of this machine. GODEBUG=cpu.avx512f=off and cpu.avx2=off leave some out.
func best() instructionSet {
	x := &cpu.X86
	switch {
	case x.HasAVX2 && x.HasFMA && x.HasBMI2 && x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL:
		return avx512
	case x.HasAVX2 && x.HasFMA:
		return avx2
	}
	return none
}

// Instructions names the set of instructions that the kernels use: avx512, avx2 or portable.
func Instructions() string {
	return [...]string{none: "portable", avx2: "avx2", avx512: "avx512"}[instructions]
}

// gradientFunc adds to the gradients of the taps of a line of a kernel. Distances are in bytes.
type gradientFunc func(rows int, x *float32, xp, xr int, dy *float32, dp, dr int, dst *float32, lo, hi int)

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// apply sets c, or adds to it.
func (q *product) apply(c, a, b []float32, add bool) {
	q.check(c, a, b)
	switch instructions {
	case avx512:
		q.tiled(&tileRowsZ, 16, c, a, b, add)
	case avx2:
		q.tiled(&tileRowsY, 8, c, a, b, add)
	default:
		q.portable(c, a, b, add)
	}
}

// cached is about the number of coefficients of a that stay in the first-level cache while all of b passes.
const cached = 4096

// tiled cuts c into tiles, of a few vectors each of width floats. highest is the greatest number of rows of a tile by
// the number of its vectors, 0 if there is no such tile.
func (q *product) tiled(highest *[4]int, width int, c, a, b []float32, add bool) {
	rows := max(cached/(q.taps*q.k), 28)
	for from := 0; from < q.m; from += rows {
		to := min(from+rows, q.m)
		for j := 0; j < q.n; {
			vectors := tileVectors(ceilDiv(q.n-j, width), highest)
			columns := min(q.n-j, vectors*width)
			q.column(highest[vectors], width, vectors, c, a, b, j, from, to, columns-(vectors-1)*width, flag(add))
			j += columns
		}
	}
}

// tileVectors is the width of the next tile when some vectors are left: as wide as possible, without a single one left
// over.
func tileVectors(left int, highest *[4]int) int {
	most := 3
	if highest[3] == 0 {
		most = 2
	}
	if left == 4 {
		return 2
	}
	return min(left, most)
}

// column computes the tiles of one column of tiles, from column j on, for rows from..to−1: some of equal heights, at
// most highest, and a lower one if rows are left.
func (q *product) column(highest, width, vectors int, c, a, b []float32, j, from, to, tail, add int) {
	var call tileCall // a literal would be copied, which waits until all that is being stored has reached the cache
	call.taps, call.k = q.taps, q.k
	call.am, call.ak, call.at = 4*q.am, 4*q.ak, 4*q.at
	call.b, call.bk, call.bt = &b[j], 4*q.bk, 4*q.bt
	call.cm, call.tail, call.add = 4*q.cm, tail, add
	call.coef, call.cs, call.floor = q.norm.skip(j).args()
	rows := to - from
	height := ceilDiv(rows, ceilDiv(rows, highest))
	for call.blocks = rows / height; ; call.blocks = 1 {
		call.a, call.c = &a[from*q.am], &c[from*q.cm+j]
		if width == 16 {
			tileZ(height, vectors, &call)
		} else {
			tileY(height, vectors, &call)
		}
		from += call.blocks * height
		if from == to {
			return
		}
		height = to - from
	}
}

// apply computes outputs of an image, as the portable loop says.
func (c *correlation) apply(dst []float32, dl, dp int, in *image, channels int) {
	switch instructions {
	case avx512:
		c.slide(16, dst, dl, dp, in, channels)
	case avx2:
		for from := 0; from < channels; from += 8 {
			part := *in
			part.x, part.w, part.norm = in.x[from:], in.w[from:], in.norm.skip(from)
			c.slide(8, dst[from:], dl, dp, &part, min(channels-from, 8))
		}
	default:
		c.portable(dst, dl, dp, in, channels)
	}
}

// slide computes 8 outputs of every line at a time or, with vectors of width 16, 16 while more than 8 are left.
func (c *correlation) slide(width int, dst []float32, dl, dp int, in *image, channels int) {
	rows, taps := in.rows, c.taps*lanes
	lines, lastSrc := len(rows.runs), rows.lastSrc*in.line
	_ = in.w[in.wFrom+rows.lastTap*taps+taps-lanes+width-1]
	var call correlateCall // not a literal, as in column
	call.lines, call.runs = lines, &rows.runs[0].tap
	call.xl, call.xr = 4*in.line, 4*in.line*rows.srcStep
	call.w, call.wr = &in.w[in.wFrom], 4*taps*rows.tapStep
	call.dp, call.dl = 4*c.dstStep*dp, 4*dl
	call.tail, call.add = channels, flag(c.add)
	if c.last {
		call.coef, call.cs, call.floor = in.norm.args()
	}
	for a := 0; a < c.outputs; {
		most := 8
		if c.outputs-a > 8 && width == 16 {
			most = 16
		}
		call.count = min(most, c.outputs-a)
		call.lo, call.hi = max(c.lo-a, 0), min(c.hi-a, call.count+c.taps-1)
		to := dst[(c.dst+a*c.dstStep)*dp:]
		_ = to[(lines-1)*dl+(call.count-1)*c.dstStep*dp+channels-1]
		if call.hi <= call.lo {
			c.nothing(to, in, dl, dp, call.count, channels)
		} else {
			first, step := (c.src+(a+call.lo)*c.srcStep)*in.pixel, c.srcStep*in.pixel
			_ = in.x[lastSrc+first+(call.hi-1-call.lo)*step+width-1]
			call.x, call.xp, call.dst = &in.x[first], 4*step, &to[0]
			if width == 16 {
				correlateZ(c.taps, most, &call)
			} else {
				correlateY(c.taps, most, &call)
			}
		}
		a += call.count
	}
}

// nothing is what outputs without inputs get.
func (c *correlation) nothing(dst []float32, in *image, dl, dp, count, channels int) {
	for h := range in.rows.runs {
		to := rowsOf16{dst[h*dl:], c.dstStep * dp}
		for i := 0; i < count && !c.add; i++ {
			clear(to.row(i, channels))
		}
		if c.last {
			in.norm.settle(to, count, channels)
		}
	}
}

// args is how the assembly takes coefficients: where they are, the distance from one vector to the next in bytes, and
// the bound.
func (c coefficients) args() (coef *float32, step int, floor float32) {
	if c.norm == nil {
		return nil, 0, 0
	}
	return &c.norm.coef[c.channel], 4 * c.norm.step, c.norm.floor
}

// gradient adds the gradients of the taps of one line of the kernel, as the portable loop says.
func (c *correlation) gradient(dw []float32, in, dy *window) {
	switch {
	case in.rows == 0:
	case instructions == avx512:
		c.slideGradient(gradientsZ[:], 16, dw, in, dy)
	case instructions == avx2:
		for from := 0; from < lanes; from += 8 {
			x, y := *in, *dy
			x.from, y.from = in.from+from, dy.from+from
			c.slideGradient(gradientsY[:], 8, dw[from:], &x, &y)
		}
	default:
		c.gradientPortable(dw, in, dy)
	}
}

// slideGradient takes 8, 4, 2 and 1 outputs at a time.
func (c *correlation) slideGradient(functions [][maxTaps + 1]gradientFunc, width int, dw []float32, in, dy *window) {
	_ = dw[(c.taps-1)*lanes+width-1]
	for a := 0; a < c.outputs; {
		at := 3
		for 1<<at > c.outputs-a {
			at--
		}
		count := 1 << at
		lo, hi := max(c.lo-a, 0), min(c.hi-a, count+c.taps-1)
		if hi > lo {
			x, y := in.from+(c.src+(a+lo)*c.srcStep)*lanes, dy.from+(c.dst+a*c.dstStep)*lanes
			_ = in.x[x+(in.rows-1)*in.lineStep+(hi-1-lo)*c.srcStep*lanes+width-1]
			_ = dy.x[y+(in.rows-1)*dy.lineStep+(count-1)*c.dstStep*lanes+width-1]
			functions[at][c.taps](in.rows, &in.x[x], 4*lanes*c.srcStep, 4*in.lineStep,
				&dy.x[y], 4*lanes*c.dstStep, 4*dy.lineStep, &dw[0], lo, hi)
		}
		a += count
	}
}

func (m rowsOf16) check(rows, channels int) { _ = m.x[(rows-1)*m.step+channels-1] }

// normalise is normalisePortable.
func (c coefficients) normalise(dst, x rowsOf16, rows, channels int) {
	dst.check(rows, channels)
	x.check(rows, channels)
	coef, cs, floor := c.args()
	switch instructions {
	case avx512:
		normaliseZ(rows, &x.x[0], 4*x.step, &dst.x[0], 4*dst.step, coef, cs, floor, channels)
	case avx2:
		for i := 0; i < channels; i += 8 {
			coef, _, _ := c.skip(i).args()
			normaliseY(rows, &x.x[i], 4*x.step, &dst.x[i], 4*dst.step, coef, cs, floor, min(channels-i, 8))
		}
	default:
		c.normalisePortable(dst, x, rows, channels)
	}
}

// denormalise is denormalisePortable.
func (c coefficients) denormalise(dst, x, dy rowsOf16, rows, channels int) {
	dst.check(rows, channels)
	x.check(rows, channels)
	dy.check(rows, channels)
	coef, cs, floor := c.args()
	switch instructions {
	case avx512:
		denormaliseZ(rows, &x.x[0], 4*x.step, &dy.x[0], 4*dy.step, &dst.x[0], 4*dst.step, coef, cs, floor, channels)
	case avx2:
		for i := 0; i < channels; i += 8 {
			coef, _, _ := c.skip(i).args()
			denormaliseY(rows, &x.x[i], 4*x.step, &dy.x[i], 4*dy.step, &dst.x[i], 4*dst.step, coef, cs, floor,
				min(channels-i, 8))
		}
	default:
		c.denormalisePortable(dst, x, dy, rows, channels)
	}
}

// slopes is slopesPortable.
func (c coefficients) slopes(dst []float32, x, dy rowsOf16, rows, channels int) {
	_ = dst[2*lanes-1]
	x.check(rows, channels)
	dy.check(rows, channels)
	coef, cs, floor := c.args()
	switch instructions {
	case avx512:
		slopesZ(rows, &x.x[0], 4*x.step, &dy.x[0], 4*dy.step, coef, cs, floor, &dst[0], channels)
	case avx2:
		for i := 0; i < channels; i += 8 {
			coef, _, _ := c.skip(i).args()
			slopesY(rows, &x.x[i], 4*x.step, &dy.x[i], 4*dy.step, coef, cs, floor, &dst[i], min(channels-i, 8))
		}
	default:
		c.slopesPortable(dst, x, dy, rows, channels)
	}
}

// moments is momentsPortable.
func moments(dst []float32, x rowsOf16, rows, channels int) {
	_ = dst[3*lanes-1]
	x.check(rows, channels)
	switch instructions {
	case avx512:
		momentsZ(rows, &x.x[0], 4*x.step, 1/float32(rows), &dst[0], channels)
	case avx2:
		for i := 0; i < channels; i += 8 {
			momentsY(rows, &x.x[i], 4*x.step, 1/float32(rows), &dst[i], min(channels-i, 8))
		}
	default:
		momentsPortable(dst, x, rows, channels)
	}
}
