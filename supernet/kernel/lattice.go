package kernel

// lattice is a part of a one-dimensional convolution in which neither stride nor dilation remain: output a and tap b, both
// counted within the lattice, read input a + b. With stride s and dilation d, outputs lcm/s apart and taps lcm/d apart read inputs lcm apart.
type lattice struct {
	channels            int
	out, outStep, nOuts int // first, distance, number
	tap, tapStep, nTaps int
	in, inStep          int // where output 0 and tap 0 read, possibly in the padding
	lo, hi              int // inputs that exist and that some output and tap read
}

// lattices cuts the lines of a convolution with outs outputs a line into lattices that each output and tap pair is in exactly one of.
func (c Conv) lattices(outs int) (ls []lattice) {
	k, s, d := c.Kernel[1], c.Stride[1], c.Dilation[1]
	step := s / gcd(s, d) * d
	for out := range min(step/s, outs) {
		for tap := range min(step/d, k) {
			l := lattice{channels: c.C, out: out, outStep: step / s, tap: tap, tapStep: step / d, inStep: step}
			l.nOuts, l.nTaps = ceilDiv(outs-out, l.outStep), ceilDiv(k-tap, l.tapStep)
			l.in = out*s + tap*d - c.Pad[1]
			l.lo, l.hi = inRange(l.nOuts+l.nTaps-1, step, l.in, c.W)
			ls = append(ls, l)
		}
	}
	return ls
}

func (l lattice) outs(line []float32) series {
	return series{line, l.out * l.channels, l.outStep * l.channels}
}

func (l lattice) taps(line []float32) series {
	return series{line, l.tap * l.channels, l.tapStep * l.channels}
}

func (l lattice) ins(line []float32) series {
	return series{line, l.in * l.channels, l.inStep * l.channels}
}

// reversed is the series of n vectors from the last to the first.
func (s series) reversed(n int) series { return series{s.data, s.from + (n-1)*s.step, -s.step} }
