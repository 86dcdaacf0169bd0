//go:build linux

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The loops are compared with the equations in their comments. Finite operands are small integers, whose sums are exact
// in any order, fused or not, so that results must be equal; some are NaN or infinite.

// fence is memory between two pages that nothing may touch. What is lent ends where the second one begins.
type fence struct {
	all  []float32
	lent int
}

func newFence(t *testing.T, floats int) *fence {
	t.Helper()
	page := unix.Getpagesize()
	size := ceilDiv(4*floats, page) * page
	mem, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	for _, edge := range [][]byte{mem[:page], mem[page+size:]} {
		if err := unix.Mprotect(edge, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return &fence{all: unsafe.Slice((*float32)(unsafe.Pointer(&mem[page])), size/4)}
}

// guard is a NaN that no operation makes.
var guard = math.Float32frombits(0x7fc12345)

// lend lends n guards.
func (f *fence) lend(n int) []float32 {
	for i := range f.all {
		f.all[i] = guard
	}
	f.lent = n
	return f.all[len(f.all)-n:]
}

// fill lends a copy of x.
func (f *fence) fill(x []float32) []float32 {
	copy(f.lend(len(x)), x)
	return f.all[len(f.all)-len(x):]
}

// compare demands that what was lent holds want, in which guards stand where nothing may be written, and that the
// memory before it is intact.
func (f *fence) compare(t *testing.T, want []float32, equal func(x, y float32) bool) {
	t.Helper()
	before := len(f.all) - f.lent
	for i, v := range f.all {
		switch {
		case i < before || isGuard(want[i-before]):
			if !isGuard(v) {
				t.Fatalf("element %d of %d is written: %g", i-before, f.lent, v)
			}
		case isGuard(v) || !equal(v, want[i-before]):
			t.Fatalf("element %d of %d = %g, want %g", i-before, f.lent, v, want[i-before])
		}
	}
}

func isGuard(v float32) bool { return math.Float32bits(v) == math.Float32bits(guard) }

// equal holds for equal numbers, zeros of either sign among them, and for two NaN.
func equal(x, y float32) bool { return x == y || isNaN(x) && isNaN(y) }

func guards(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = guard
	}
	return x
}

// operands are n integers, among them a few that are not finite if wild.
func operands(r *rand.Rand, n int, wild bool) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.IntN(9) - 4)
		if wild && r.IntN(60) == 0 {
			x[i] = [...]float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
				float32(math.Copysign(0, -1))}[r.IntN(4)]
		}
	}
	return x
}

func TestProductAgainstLoop(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		fc, fa, fb := newFence(t, 1<<14), newFence(t, 1<<14), newFence(t, 1<<14)
		for m := 1; m <= 30; m++ {
			for n := 1; n <= 50; n++ {
				q := product{m: m, n: n, taps: 1 + r.IntN(4), k: 1 + r.IntN(9), am: r.IntN(20), at: r.IntN(40),
					ak: r.IntN(30), bt: r.IntN(300), bk: r.IntN(70), cm: n + r.IntN(4)}
				checkProduct(t, r, q, fc, fa, fb)
			}
		}
		for _, k := range []int{300, 3000} { // a of more rows than are computed at once
			checkProduct(t, r, product{m: 61, n: 19, taps: 3, k: k, am: 1, ak: 1, bk: 1, cm: 19}, fc, fa, fb)
		}
	})
}

func checkProduct(t *testing.T, r *rand.Rand, q product, fc, fa, fb *fence) {
	t.Helper()
	wild := r.IntN(2) == 0
	a := fa.fill(operands(r, (q.m-1)*q.am+(q.taps-1)*q.at+(q.k-1)*q.ak+1, wild))
	b := fb.fill(operands(r, (q.taps-1)*q.bt+(q.k-1)*q.bk+q.n, wild))
	start, add := guards((q.m-1)*q.cm+q.n), r.IntN(2) == 0
	want := guards(len(start))
	for i := range q.m {
		for j := range q.n {
			sum := float32(0)
			if add {
				start[i*q.cm+j] = float32(r.IntN(9))
				sum = start[i*q.cm+j]
			}
			for tap := range q.taps {
				for l := range q.k {
					sum += a[i*q.am+tap*q.at+l*q.ak] * b[tap*q.bt+l*q.bk+j]
				}
			}
			want[i*q.cm+j] = sum
		}
	}
	q.apply(fc.fill(start), a, b, add)
	fc.compare(t, want, equal)
}

// drawCorrelation draws a correlation, and the distance in pixels from its first input that exists to the last one.
func drawCorrelation(r *rand.Rand, outputs, taps int) (c correlation, pixels int) {
	c = correlation{outputs: outputs, taps: taps, dstStep: 1 + r.IntN(3), srcStep: 1 + r.IntN(3), dst: r.IntN(3),
		add: r.IntN(2) == 0}
	c.lo, c.hi = 0, outputs+taps-1
	if r.IntN(3) > 0 {
		c.lo = r.IntN(c.hi)
	}
	if r.IntN(3) > 0 {
		c.hi = c.lo + r.IntN(c.hi-c.lo+1)
	}
	c.src = -c.lo * c.srcStep
	return c, max(c.hi-c.lo-1, 0) * c.srcStep
}

// drawAxis draws what lines of outputs see of sources lines with kernel lines, some of them nothing.
func drawAxis(r *rand.Rand, lines, sources, kernel int) *axis {
	a := axis{runs: make([]run, lines), tapStep: 1 + r.IntN(2), srcStep: 1 + r.IntN(2)}
	for h := range a.runs {
		seen := run{tap: r.IntN(kernel), src: r.IntN(sources)}
		most := min((kernel-1-seen.tap)/a.tapStep, (sources-1-seen.src)/a.srcStep) + 1
		seen.count = r.IntN(most + 1)
		a.runs[h] = seen
	}
	a = a.limited()
	return &a
}

// drawImage draws what a correlation reads, memory that begins and ends with inputs that exist.
func drawImage(r *rand.Rand, taps, pixels int, fx, fw *fence) image {
	wild := r.IntN(2) == 0
	in := image{rows: drawAxis(r, 1+r.IntN(4), 1+r.IntN(5), 1+r.IntN(4)), pixel: lanes * (1 + r.IntN(2)),
		wFrom: r.IntN(2) * lanes}
	line := pixels*in.pixel + lanes
	in.line = line + r.IntN(2)*lanes
	in.x = fx.fill(operands(r, in.rows.lastSrc*in.line+line, wild))
	in.w = fw.fill(operands(r, in.wFrom+(in.rows.lastTap+1)*taps*lanes, wild))
	return in
}

func TestCorrelationAgainstLoop(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(2, 1))
		fd, fx, fw := newFence(t, 1<<14), newFence(t, 1<<15), newFence(t, 1<<11)
		for taps := 1; taps <= maxTaps; taps++ {
			for outputs := 1; outputs <= 35; outputs++ {
				for range 8 {
					checkCorrelation(t, r, outputs, taps, fd, fx, fw)
				}
			}
		}
	})
}

func checkCorrelation(t *testing.T, r *rand.Rand, outputs, taps int, fd, fx, fw *fence) {
	t.Helper()
	c, pixels := drawCorrelation(r, outputs, taps)
	in := drawImage(r, taps, pixels, fx, fw)
	channels := 1 + r.IntN(lanes)
	dp := channels + r.IntN(3)
	width := (c.dst+(outputs-1)*c.dstStep)*dp + channels
	dl := width + r.IntN(3)
	start := guards((len(in.rows.runs)-1)*dl + width)
	want := guards(len(start))
	for h, seen := range in.rows.runs {
		for a := range outputs {
			for i := range channels {
				at, sum := h*dl+(c.dst+a*c.dstStep)*dp+i, float32(0)
				if c.add {
					start[at] = float32(r.IntN(9))
					sum = start[at]
				}
				for row := range seen.count {
					x := (seen.src + row*in.rows.srcStep) * in.line
					w := in.wFrom + (seen.tap+row*in.rows.tapStep)*taps*lanes
					for b := range taps {
						if a+b >= c.lo && a+b < c.hi {
							sum += in.x[x+(c.src+(a+b)*c.srcStep)*in.pixel+i] * in.w[w+b*lanes+i]
						}
					}
				}
				want[at] = sum
			}
		}
	}
	c.apply(fd.fill(start), dl, dp, &in, channels)
	fd.compare(t, want, equal)
}

func TestTapGradientAgainstLoop(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 1))
		fd, fx, fy := newFence(t, 1<<11), newFence(t, 1<<14), newFence(t, 1<<14)
		for taps := 1; taps <= maxTaps; taps++ {
			for outputs := 1; outputs <= 20; outputs++ {
				for range 8 {
					checkTapGradient(t, r, outputs, taps, fd, fx, fy)
				}
			}
		}
	})
}

func checkTapGradient(t *testing.T, r *rand.Rand, outputs, taps int, fd, fx, fy *fence) {
	t.Helper()
	c, pixels := drawCorrelation(r, outputs, taps)
	line := (pixels + 1) * lanes
	in := window{rows: r.IntN(4), lineStep: line + r.IntN(2)*lanes}
	in.x = fx.fill(operands(r, max(in.rows-1, 0)*in.lineStep+line, r.IntN(2) == 0))
	dy := window{lineStep: (c.dst+outputs*c.dstStep)*lanes + r.IntN(2)*lanes}
	dy.x = fy.fill(operands(r, max(in.rows-1, 0)*dy.lineStep+(c.dst+(outputs-1)*c.dstStep)*lanes+lanes, r.IntN(2) == 0))
	start := operands(r, taps*lanes, false)
	want := append([]float32(nil), start...)
	for b := range taps {
		for i := range lanes {
			for row := range in.rows {
				for a := range outputs {
					if a+b >= c.lo && a+b < c.hi {
						want[b*lanes+i] += dy.x[row*dy.lineStep+(c.dst+a*c.dstStep)*lanes+i] *
							in.x[row*in.lineStep+(c.src+(a+b)*c.srcStep)*lanes+i]
					}
				}
			}
		}
	}
	c.gradient(fd.fill(start), &in, &dy)
	fd.compare(t, want, equal)
}

func TestNormAgainstLoops(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(4, 1))
		n := normCheck{newFence(t, 1<<10), newFence(t, 1<<10), newFence(t, 1<<10), newFence(t, 1<<10)}
		for channels := 1; channels <= lanes; channels++ {
			for rows := 1; rows <= 9; rows++ {
				for _, floor := range []float32{0, float32(math.Inf(-1)), 1} {
					for range 4 {
						n.loops(t, r, rows, channels, floor)
					}
				}
			}
		}
	})
}

// normCheck is the memory of the loops of a normalisation.
type normCheck struct{ dst, x, dy, coef *fence }

func (n normCheck) loops(t *testing.T, r *rand.Rand, rows, channels int, floor float32) {
	t.Helper()
	wild := r.IntN(2) == 0
	matrix := func(f *fence) rowsOf16 {
		step := channels + r.IntN(20)
		return rowsOf16{f.fill(operands(r, (rows-1)*step+channels, wild)), step}
	}
	step := lanes * (1 + r.IntN(2))
	norm := &Norm{coef: n.coef.fill(operands(r, (vectorsOfNorm-1)*step+lanes, false)), step: step, floor: floor}
	c := norm.from(0)
	scale, shift, mean := c.vector(atScale), c.vector(atShift), c.vector(atMean)
	a, b, constant := c.vector(atA), c.vector(atB), c.vector(atConstant)
	x, dy := matrix(n.x), matrix(n.dy)
	to := channels + r.IntN(20)
	z, dx := guards((rows-1)*to+channels), guards((rows-1)*to+channels)
	slopes := make([]float32, 2*lanes)
	for row := range rows {
		for i := range channels {
			d, dz := x.row(row, channels)[i]-mean[i], dy.row(row, channels)[i]
			z[row*to+i] = max(d*scale[i]+shift[i], floor)
			if d*scale[i]+shift[i] <= floor {
				dz = 0
			}
			dx[row*to+i] = a[i]*dz + (b[i]*d + constant[i])
			slopes[i] += dz
			slopes[lanes+i] += dz * d
		}
	}
	c.normalise(rowsOf16{n.dst.lend(len(z)), to}, x, rows, channels)
	n.dst.compare(t, z, equal)
	c.denormalise(rowsOf16{n.dst.lend(len(dx)), to}, x, dy, rows, channels)
	n.dst.compare(t, dx, equal)
	got := n.dst.lend(2 * lanes)
	c.slopes(got, x, dy, rows, channels)
	for i := range channels {
		if !equal(got[i], slopes[i]) || !equal(got[lanes+i], slopes[lanes+i]) {
			t.Fatalf("slopes of channel %d: %g and %g, want %g and %g", i, got[i], got[lanes+i], slopes[i],
				slopes[lanes+i])
		}
	}
	n.moments(t, x, rows, channels)
}

// moments compares the mean and the squares of distances from it with their equations in float64. Where a value is not
// finite, neither is the mean.
func (n normCheck) moments(t *testing.T, x rowsOf16, rows, channels int) {
	t.Helper()
	got := n.dst.lend(3 * lanes)
	moments(got, x, rows, channels)
	for i := range channels {
		reference, sum := float64(got[i]), float64(got[lanes+i])
		gotMean, gotSquares := reference+sum/float64(rows), float64(got[2*lanes+i])-sum*sum/float64(rows)
		mean, squares := 0.0, 0.0
		for row := range rows {
			mean += float64(x.row(row, channels)[i]) / float64(rows)
		}
		for row := range rows {
			squares += math.Pow(float64(x.row(row, channels)[i])-mean, 2)
		}
		close := func(got, want float64) bool { return math.Abs(got-want) <= 1e-6*(1+math.Abs(want)) }
		if math.IsNaN(squares) && !(gotMean-gotMean == 0) {
			continue
		}
		if !close(reference, mean) || !close(gotMean, mean) || !close(gotSquares, squares) {
			t.Fatalf("channel %d of %d rows: reference %g, mean %g, squares %g, want %g and %g", i, rows, reference,
				gotMean, gotSquares, mean, squares)
		}
	}
}
