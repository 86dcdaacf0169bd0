package kernel

// depthwiseForward is ConvForward where every channel is a group of its own.
func depthwiseForward(p *Pool, dst, x, w []float32, n int, c Conv) {
	oh, ow := c.OutSize()
	lattices := c.lattices(ow)
	p.lines(n*oh, ow*c.C, func(line int) {
		b, h := line/oh, line%oh
		y := dst[line*ow*c.C : (line+1)*ow*c.C]
		clear(y)
		for i := range c.Kernel[0] {
			from := h*c.Stride[0] - c.Pad[0] + i*c.Dilation[0]
			if from < 0 || from >= c.H {
				continue
			}
			for _, l := range lattices {
				correlate(l.outs(y), l.ins(c.lineOf(x, b, from)), l.taps(c.kernelLine(w, i)), c.C, l.nOuts, l.nTaps, l.lo, l.hi)
			}
		}
	})
}

// depthwiseBackwardData is ConvBackwardData where every channel is a group of its own: dx[a + b] += dy[a]·w[b] is, for each
// position of dx, a correlation with the taps in reverse.
func depthwiseBackwardData(p *Pool, dx, dy, w []float32, n int, c Conv) {
	oh, ow := c.OutSize()
	lattices := c.lattices(ow)
	p.lines(n*c.H, c.W*c.C, func(line int) {
		b, h := line/c.H, line%c.H
		d := dx[line*c.W*c.C : (line+1)*c.W*c.C]
		clear(d)
		for i := range c.Kernel[0] {
			at := h + c.Pad[0] - i*c.Dilation[0]
			from := at / c.Stride[0]
			if at < 0 || at%c.Stride[0] != 0 || from >= oh {
				continue
			}
			y := dy[(b*oh+from)*ow*c.C:][:ow*c.C]
			for _, l := range lattices {
				last := l.nTaps - 1
				taps := l.taps(c.kernelLine(w, i)).reversed(l.nTaps)
				outs, shift := l.outs(y), l.lo-last // output a stands at position a − shift
				outs.from += shift * outs.step
				ins := l.ins(d)
				ins.from += l.lo * ins.step
				correlate(ins, outs, taps, c.C, l.hi-l.lo, l.nTaps, -shift, l.nOuts-shift)
			}
		}
	})
}

// depthwiseBackwardWeights is ConvBackwardWeights where every channel is a group of its own. Outputs and taps change places.
func depthwiseBackwardWeights(p *Pool, dw, x, dy []float32, n int, c Conv) {
	oh, ow := c.OutSize()
	lattices := c.lattices(ow)
	lines := n * oh
	shards := min(ceilDiv(lines*ow*c.C, chunk), lines, 32)
	sums := p.scratch32(shards * len(dw))
	p.run(shards, func(_, s int) {
		sum := sums[s*len(dw) : (s+1)*len(dw)]
		clear(sum)
		first, last := part(lines, shards, s)
		for line := first; line < last; line++ {
			b, h := line/oh, line%oh
			y := dy[line*ow*c.C : (line+1)*ow*c.C]
			for i := range c.Kernel[0] {
				from := h*c.Stride[0] - c.Pad[0] + i*c.Dilation[0]
				if from < 0 || from >= c.H {
					continue
				}
				for _, l := range lattices {
					correlate(l.taps(c.kernelLine(sum, i)), l.ins(c.lineOf(x, b, from)), l.outs(y), c.C, l.nTaps, l.nOuts, l.lo, l.hi)
				}
			}
		}
	})
	p.chunks(len(dw), func(from, to int) {
		clear(dw[from:to])
		for s := range shards {
			add(dw[from:to], dw[from:to], sums[s*len(dw)+from:s*len(dw)+to])
		}
	})
}

// lineOf is line h of image b.
func (c Conv) lineOf(x []float32, b, h int) []float32 { return x[(b*c.H+h)*c.W*c.C:][:c.W*c.C] }

// kernelLine is line i of a depthwise kernel.
func (c Conv) kernelLine(w []float32, i int) []float32 {
	return w[i*c.Kernel[1]*c.C:][:c.Kernel[1]*c.C]
}

// lines calls f for every line of size elements, in parallel.
func (p *Pool) lines(lines, size int, f func(line int)) {
	p.rows(lines, size, func(from, to int) {
		for line := from; line < to; line++ {
			f(line)
		}
	})
}
