package kernel

// lattice is a part of a one-dimensional convolution in which neither stride nor dilation remain. Output a and tap b,
// both counted within the lattice, read input a + b. With stride s and dilation d, let step be the least common
// multiple of s and d. Then outputs step/s apart and taps step/d apart read inputs step apart.
type lattice struct {
	out, outStep, nOuts int // first, distance, number
	tap, tapStep, nTaps int
	in, inStep          int // where output 0 and tap 0 read, possibly in the padding
	lo, hi              int // inputs that exist and that some output and tap read
	place               int // number of taps of the lattices before it with the same outputs
}

// lattices cuts the lines of a convolution, with outs outputs each, into lattices. Every pair of an output and a tap is
// in exactly one. None has more than maxTaps taps.
func (c Conv) lattices(outs int) (ls []lattice) {
	k, s, d := c.Kernel[1], c.Stride[1], c.Dilation[1]
	step := s / gcd(s, d) * d
	for out := range min(step/s, outs) {
		place := 0
		for tap := range min(step/d, k) {
			for left := ceilDiv(k-tap, step/d); left > 0; left -= maxTaps {
				l := lattice{out: out, outStep: step / s, tap: tap, tapStep: step / d, inStep: step}
				l.nOuts, l.nTaps = ceilDiv(outs-out, l.outStep), min(left, maxTaps)
				l.in = out*s + tap*d - c.Pad[1]
				l.lo, l.hi = inRange(l.nOuts+l.nTaps-1, step, l.in, c.W)
				l.place = place
				ls = append(ls, l)
				place += l.nTaps
				tap += l.nTaps * l.tapStep
			}
		}
	}
	return ls
}

// forward makes outputs from inputs.
func (l lattice) forward() correlation {
	return correlation{outputs: l.nOuts, taps: l.nTaps, lo: l.lo, hi: l.hi,
		dst: l.out, dstStep: l.outStep, src: l.in, srcStep: l.inStep,
		tap: l.tap, tapStep: l.tapStep, place: l.place, first: l.out == 0}
}

// backward makes the gradients of inputs from those of outputs. For each position of dx, dx[a + b] += dy[a]·w[b] is a
// correlation with the taps in reverse.
func (l lattice) backward() correlation {
	last := l.nTaps - 1
	shift := l.lo - last // input lo + i and reversed tap b read output i + b + shift
	return correlation{outputs: max(l.hi-l.lo, 0), taps: l.nTaps, lo: -shift, hi: l.nOuts - shift,
		dst: l.in + l.lo*l.inStep, dstStep: l.inStep, src: l.out + shift*l.outStep, srcStep: l.outStep,
		tap: l.tap + last*l.tapStep, tapStep: -l.tapStep, place: l.place, first: l.out == 0}
}

// order makes every correlation add to the outputs that an earlier one has set. All of them add where that does not
// work out: where a correlation has outputs of both kinds, or a position is set by none.
func order(cs []correlation, width int) {
	set := make([]bool, width)
	positions, mixed := 0, false
	for i := range cs {
		c := &cs[i]
		again := 0
		for a := range c.outputs {
			at := c.dst + a*c.dstStep
			if set[at] {
				again++
			}
			set[at] = true
		}
		positions += c.outputs - again
		c.add = again > 0
		mixed = mixed || again > 0 && again < c.outputs
	}
	for i := range cs {
		cs[i].add = cs[i].add || mixed || positions < width
	}
}
