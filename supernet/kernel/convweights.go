package kernel

// channelBlock is the number of input channels whose weights' gradients a shard computes.
const channelBlock = 4

// pixelBlock is the number of pixels whose gradients stay in the cache while every channel of a block uses them.
const pixelBlock = 32

// backwardWeights computes dw. A shard owns the gradients of one tap and a few input channels; it sums each image by itself first,
// so that long sums stay accurate.
func backwardWeights(p *Pool, dw, x, dy []float32, n int, c Conv) {
	cg, og := c.C/c.Groups, c.Out/c.Groups
	blocks := ceilDiv(cg, channelBlock)
	taps := c.Kernel[0] * c.Kernel[1]
	size := channelBlock * og
	sums := p.scratch32(p.workers * size)
	p.run(taps*c.Groups*blocks, func(worker, s int) {
		tap, g, from := s/blocks/c.Groups, s/blocks%c.Groups, s%blocks*channelBlock
		count := min(channelBlock, cg-from)
		sum := sums[worker*size:][:count*og]
		slab := dw[(tap*cg+from)*c.Out+g*og:]
		for k := range count {
			clear(slab[k*c.Out:][:og])
		}
		for b := range n {
			clear(sum)
			c.tapGradient(sum, x, dy, b, tap, g*cg+from, g*og, og)
			for k := range count {
				d := slab[k*c.Out:][:og]
				add(d, d, sum[k*og:][:og])
			}
		}
	})
}

// tapGradient adds image b's part of the gradient of a tap's weights [len(sum)/og, og], for input channels from ci on
// and the og output channels from co on.
func (c Conv) tapGradient(sum, x, dy []float32, b, tap, ci, co, og int) {
	oh, ow := c.OutSize()
	i, j := tap/c.Kernel[1], tap%c.Kernel[1]
	shift := j*c.Dilation[1] - c.Pad[1]
	from, to := inRange(ow, c.Stride[1], shift, c.W)
	for h := range oh {
		line := h*c.Stride[0] - c.Pad[0] + i*c.Dilation[0]
		if line < 0 || line >= c.H {
			continue
		}
		for v := from; v < to; v += pixelBlock {
			xs := x[((b*c.H+line)*c.W+v*c.Stride[1]+shift)*c.C+ci:]
			dys := dy[((b*oh+h)*ow+v)*c.Out+co:]
			outer(sum, xs, c.Stride[1]*c.C, dys, c.Out, min(pixelBlock, to-v), og)
		}
	}
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

// outer adds products of columns of x and rows of dy:
//
//	for q < pixels: sum[k, o] += x[q·xStep + k]·dy[q·dyStep + o]   for o < og
func outer(sum, x []float32, xStep int, dy []float32, dyStep, pixels, og int) {
	k := 0
	for ; len(sum) >= 2*og; sum, k = sum[2*og:], k+2 {
		multiply2(sum[:og], sum[og:2*og], x[k:], x[k+1:], xStep, dy, dyStep, pixels)
	}
	if len(sum) > 0 {
		multiply1(sum[:og], x[k:], xStep, dy, dyStep, pixels)
	}
}
