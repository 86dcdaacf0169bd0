package kernel

// ConvForward computes dst [n, OH, OW, Out] from x [n, H, W, C] and w [KH, KW, C/Groups, Out]:
//
//	dst[h, v, o] = Σ x[h·s + i·d − p, v·s + j·d − p, g·C/Groups + c]·w[i, j, c, o]   with g the group of o
//
// Taps in the padding are skipped.
func ConvForward(p *Pool, dst, x, w []float32, n int, c Conv) {
	c.check(x, dst, w, n)
	if c.depthwise() {
		depthwiseForward(p, dst, x, w, n, c)
		return
	}
	n, c = c.pointwise(n)
	p.forwardGather(c).apply(p, dst, x, w, n)
}

// ConvBackwardData computes dx [n, H, W, C], the gradient of ⟨dy, ConvForward(x, w)⟩ with respect to x:
//
//	dx[h·s + i·d − p, v·s + j·d − p, g·C/Groups + c] += dy[h, v, o]·w[i, j, c, o]
func ConvBackwardData(p *Pool, dx, dy, w []float32, n int, c Conv) {
	c.check(dx, dy, w, n)
	if c.depthwise() {
		depthwiseBackwardData(p, dx, dy, w, n, c)
		return
	}
	n, c = c.pointwise(n)
	flipped := p.scratch32(len(w))
	flip(flipped, w, c)
	p.backwardGather(c).apply(p, dx, dy, flipped, n)
}

// ConvBackwardWeights computes dw [KH, KW, C/Groups, Out], the gradient of ⟨dy, ConvForward(x, w)⟩ with respect to w:
//
//	dw[i, j, c, o] = Σ dy[h, v, o]·x[h·s + i·d − p, v·s + j·d − p, g·C/Groups + c]   over images, h and v
func ConvBackwardWeights(p *Pool, dw, x, dy []float32, n int, c Conv) {
	c.check(x, dy, dw, n)
	if c.depthwise() {
		depthwiseBackwardWeights(p, dw, x, dy, n, c)
		return
	}
	backwardWeights(p, dw, x, dy, n, c.flat())
}

func (c Conv) depthwise() bool { return c.Groups == c.C && c.Out == c.C }

// pointwise sees every pixel of a 1×1 convolution without stride as an image, since images are what gather pairs.
func (c Conv) pointwise(n int) (int, Conv) {
	one := [2]int{1, 1}
	if c.Kernel != one || c.Stride != one || c.Pad != [2]int{} {
		return n, c
	}
	n *= c.H * c.W
	c.H, c.W = 1, 1
	return n, c
}

// flat sees a k×1 convolution without stride as a 1×k convolution of an image of one line, whose dilation is the width.
func (c Conv) flat() Conv {
	if c.Kernel[1] != 1 || c.Stride != [2]int{1, 1} || c.Pad[1] != 0 {
		return c
	}
	c.Kernel = [2]int{1, c.Kernel[0]}
	c.Pad = [2]int{0, c.Pad[0] * c.W}
	c.Dilation = [2]int{1, c.Dilation[0] * c.W}
	c.H, c.W = 1, c.H*c.W
	return c
}

// flip reverses the taps and transposes them: dst[KH−1−i, KW−1−j, o, g·C/G + c] = w[i, j, c, g·Out/G + o].
func flip(dst, w []float32, c Conv) {
	cg, og := c.C/c.Groups, c.Out/c.Groups
	taps := c.Kernel[0] * c.Kernel[1]
	for t := range taps {
		from, to := w[t*cg*c.Out:], dst[(taps-1-t)*og*c.C:]
		for g := range c.Groups {
			for k := range cg {
				for o, v := range from[k*c.Out+g*og:][:og] {
					to[o*c.C+g*cg+k] = v
				}
			}
		}
	}
}
