package kernel

// ConvForward computes dst [n, OH, OW, Out] from x [n, H, W, C] and w [KH, KW, C/Groups, Out]:
//
//	dst[h, w, o] = Σ x[h·s + i·d − p, w·s + j·d − p, g·C/G + c]·w[i, j, c, o]   with g the group of o, padding skipped
func ConvForward(p *Pool, dst, x, w []float32, n int, c Conv) {
	c.check(x, dst, w, n)
	p.Run(n, func(b int) {
		oh, ow := c.OutSize()
		y := dst[b*oh*ow*c.Out : (b+1)*oh*ow*c.Out]
		clear(y)
		c.each(func(xi, yi, wi int) { y[yi] += x[b*c.H*c.W*c.C+xi] * w[wi] })
	})
}

// ConvBackwardData computes dx [n, H, W, C], the gradient of ⟨dy, ConvForward(x, w)⟩ with respect to x.
func ConvBackwardData(p *Pool, dx, dy, w []float32, n int, c Conv) {
	c.check(dx, dy, w, n)
	p.Run(n, func(b int) {
		oh, ow := c.OutSize()
		d := dx[b*c.H*c.W*c.C : (b+1)*c.H*c.W*c.C]
		clear(d)
		c.each(func(xi, yi, wi int) { d[xi] += dy[b*oh*ow*c.Out+yi] * w[wi] })
	})
}

// ConvBackwardWeights computes dw [KH, KW, C/Groups, Out], the gradient of ⟨dy, ConvForward(x, w)⟩ with respect to w.
func ConvBackwardWeights(p *Pool, dw, x, dy []float32, n int, c Conv) {
	c.check(x, dy, dw, n)
	clear(dw)
	oh, ow := c.OutSize()
	for b := range n {
		c.each(func(xi, yi, wi int) { dw[wi] += x[b*c.H*c.W*c.C+xi] * dy[b*oh*ow*c.Out+yi] })
	}
}

// each visits every product of one image.
func (c Conv) each(f func(xi, yi, wi int)) {
	oh, ow := c.OutSize()
	cg, og := c.C/c.Groups, c.Out/c.Groups
	for h := range oh {
		for v := range ow {
			for i := range c.Kernel[0] {
				for j := range c.Kernel[1] {
					ih, iw := h*c.Stride[0]-c.Pad[0]+i*c.Dilation[0], v*c.Stride[1]-c.Pad[1]+j*c.Dilation[1]
					if ih < 0 || ih >= c.H || iw < 0 || iw >= c.W {
						continue
					}
					for o := range c.Out {
						for k := range cg {
							f((ih*c.W+iw)*c.C+o/og*cg+k, (h*ow+v)*c.Out+o, ((i*c.Kernel[1]+j)*cg+k)*c.Out+o)
						}
					}
				}
			}
		}
	}
}
