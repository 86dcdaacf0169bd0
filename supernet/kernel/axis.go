package kernel

// axis says which taps and which source positions each position of the destination of a convolution sees, along height
// or width.
type axis struct {
	runs             []run
	tapStep, srcStep int // from one tap of a run to the next
	period           int // positions this far apart see the same taps, where none is in the padding
	lastTap, lastSrc int // the greatest that are seen
}

// run is count taps, the first being tap, which reads position src.
type run struct{ tap, src, count int } // the assembly reads it

// forwardAxis is for reading x to make y, along dimension i.
func (c Conv) forwardAxis(i int) axis {
	size, outs := [2]int{c.H, c.W}, [2]int{}
	outs[0], outs[1] = c.OutSize()
	a := axis{runs: make([]run, outs[i]), tapStep: 1, srcStep: c.Dilation[i], period: 1}
	for o := range a.runs {
		a.runs[o] = findRun(c.Kernel[i], func(tap int) (int, bool) {
			src := o*c.Stride[i] - c.Pad[i] + tap*c.Dilation[i]
			return src, src >= 0 && src < size[i]
		})
	}
	return a.limited()
}

// backwardAxis is for reading dy to make dx, with taps in reverse.
func (c Conv) backwardAxis(i int) axis {
	size, outs := [2]int{c.H, c.W}, [2]int{}
	outs[0], outs[1] = c.OutSize()
	common := gcd(c.Stride[i], c.Dilation[i])
	a := axis{runs: make([]run, size[i]), tapStep: c.Stride[i] / common, srcStep: c.Dilation[i] / common,
		period: c.Stride[i]}
	for o := range a.runs {
		a.runs[o] = findRun(c.Kernel[i], func(tap int) (int, bool) {
			at := o + c.Pad[i] - (c.Kernel[i]-1-tap)*c.Dilation[i]
			return at / c.Stride[i], at >= 0 && at%c.Stride[i] == 0 && at/c.Stride[i] < outs[i]
		})
	}
	return a.limited()
}

// limited is the axis with its limits.
func (a axis) limited() axis {
	for _, r := range a.runs {
		if r.count > 0 {
			a.lastTap = max(a.lastTap, r.tap+(r.count-1)*a.tapStep)
			a.lastSrc = max(a.lastSrc, r.src+(r.count-1)*a.srcStep)
		}
	}
	return a
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

// class is a series of positions that see the same taps. There are positions of them, step apart. Their sources are
// srcStep apart.
type class struct {
	run
	first, step, positions, srcStep int
}

// classes groups the positions of an axis.
func (a axis) classes() (cs []class) {
	for phase := range min(a.period, len(a.runs)) {
		var last *class
		for at := phase; at < len(a.runs); at += a.period {
			r := a.runs[at]
			if last == nil || !last.accept(r) {
				cs = append(cs, class{run: r, first: at, step: a.period})
				last = &cs[len(cs)-1]
			}
			last.positions++
		}
	}
	return cs
}

// accept says whether r may be the next position of the class. The second position sets the distance of the sources.
func (c *class) accept(r run) bool {
	if r.tap != c.tap || r.count != c.count {
		return false
	}
	if c.positions == 1 {
		c.srcStep = r.src - c.src
	}
	return r.count == 0 || r.src == c.src+c.positions*c.srcStep
}

// inRange is the range of positions o of 0..outs−1 for which o·s + shift lies in 0..n−1.
func inRange(outs, s, shift, n int) (from, to int) {
	if shift < 0 {
		from = ceilDiv(-shift, s)
	}
	if n > shift {
		to = min(outs, ceilDiv(n-shift, s))
	}
	return from, max(to, from)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
