package kernel

// depthwise is the scheme of convolutions in which every channel is a group of its own. Images are rearranged into
// planes [H, W, lanes], a block of channels at a time.
type depthwise struct {
	Conv
	oh, ow         int
	ahead, behind  []correlation // along the lines of y and dx
	rows, rowsBack axis
}

// newDepthwise packs weights as [blocks, correlations of different taps, KH, taps, lanes].
func newDepthwise(c Conv) (*depthwise, layout) {
	d := &depthwise{Conv: c, rows: c.forwardAxis(0), rowsBack: c.backwardAxis(0)}
	d.oh, d.ow = c.OutSize()
	for _, l := range c.lattices(d.ow) {
		d.ahead = append(d.ahead, l.forward())
		d.behind = append(d.behind, l.backward())
	}
	for i := range d.ahead { // those with the same outputs follow one another
		d.ahead[i].last = i == len(d.ahead)-1 || d.ahead[i+1].dst != d.ahead[i].dst
	}
	order(d.ahead, d.ow)
	order(d.behind, c.W)
	l := c.wholeImages()
	l.scratch = c.H*c.W*pair + d.oh*d.ow*lanes
	l.packed = padded(c.C) * c.Kernel[0] * c.Kernel[1]
	l.packedBack = l.packed
	l.weights = parts{blocks(c.C), 1}
	return d, l
}

// pair is the number of channels of an input image that are loaded at once: two blocks.
const pair = 2 * lanes

func (c *depthwise) pack(k *Convolution, backward bool) {
	list := c.ahead
	if backward {
		list = c.behind
	}
	for block := range blocks(c.C) {
		c.eachTap(list, block, func(packed, w, channels int) {
			if backward {
				line := w / (c.Kernel[1] * c.C)
				w += (c.Kernel[0] - 1 - 2*line) * c.Kernel[1] * c.C
			}
			to := k.pass.weights[packed:][:lanes]
			clear(to[copy(to, k.pass.w[w:][:channels]):])
		})
	}
}

// eachTap pairs the places of the taps of a block of channels in packed weights and in [KH, KW, C].
func (c *depthwise) eachTap(list []correlation, block int, f func(packed, w, channels int)) {
	packed, from := block*lanes*c.Kernel[0]*c.Kernel[1], block*lanes
	channels := min(lanes, c.C-from)
	for i := range list {
		if !list[i].first {
			continue
		}
		for line := range c.Kernel[0] {
			for b := range list[i].taps {
				f(packed, (line*c.Kernel[1]+list[i].tap+b*list[i].tapStep)*c.C+from, channels)
				packed += lanes
			}
		}
	}
}

func (c *depthwise) forward(k *Convolution, r strip) {
	pixels := c.oh * c.ow
	in := image{rows: &c.rows, line: c.W * pair, pixel: pair, w: k.pass.weights}
	for first := 0; first < c.C; first += pair {
		channels := min(pair, c.C-first)
		for from := r.from; from < r.to; from += pixels {
			c.loadInput(k, rowsOf16{r.local[:c.H*c.W*pair], pair}, from, first, channels)
			for i := 0; i < channels; i += lanes {
				in.x, in.norm = r.local[i:], k.pass.out.from(first+i)
				c.correlate(c.ahead, k.pass.y[from*c.C+first+i:], c.ow, &in, (first+i)/lanes, min(lanes, channels-i))
			}
		}
		k.measureMoments(r, first/lanes, blocks(first+channels))
	}
}

// correlate makes one block of channels of one image dst, whose lines have width pixels.
func (c *depthwise) correlate(list []correlation, dst []float32, width int, in *image, block, channels int) {
	if list[0].add { // some pixels have no tap
		for v := range len(in.rows.runs) * width {
			clear(dst[v*c.C:][:channels])
		}
	}
	for i := range list {
		in.wFrom = (block*c.Kernel[1] + list[i].place) * c.Kernel[0] * lanes
		list[i].apply(dst, width*c.C, c.C, in, channels)
	}
}

func (c *depthwise) backward(k *Convolution, r strip) {
	pixels := c.oh * c.ow
	x, dy := r.local[:c.H*c.W*lanes], r.local[c.H*c.W*lanes:][:pixels*lanes]
	for i := range blocks(c.C) {
		channels := min(lanes, c.C-i*lanes)
		for from := r.from; from < r.to; from += pixels {
			c.loadGradient(k, dy, from, i, channels)
			if r.sum != nil {
				c.loadInput(k, rowsOf16{x, lanes}, from, i*lanes, channels)
				c.tapGradients(r.sum, x, dy, i)
			}
			if k.pass.dx != nil {
				first, _ := k.layout.inputRows(from, from)
				in := image{rows: &c.rowsBack, x: dy, line: c.ow * lanes, pixel: lanes, w: k.pass.weights}
				c.correlate(c.behind, k.pass.dx[first*c.C+i*lanes:], c.W, &in, i, channels)
			}
		}
		k.measureSlopes(r, i, i+1)
	}
}

// loadInput loads some channels of the image whose output begins at row from.
func (c *depthwise) loadInput(k *Convolution, dst rowsOf16, from, channel, channels int) {
	first, _ := k.layout.inputRows(from, from)
	if k.pass.expand != nil {
		k.expand(dst.x, dst.step, first, c.H*c.W, channel, channels)
		return
	}
	in := k.pass.in
	if in == nil {
		in = k.plain
	}
	x := k.pass.x[first*c.C+channel:]
	for i := 0; i < channels; i += lanes {
		in.from(channel+i).normalise(rowsOf16{dst.x[i:], dst.step}, rowsOf16{x[i:], c.C}, c.H*c.W,
			min(lanes, channels-i))
	}
}

// loadGradient makes the plane of the gradient of y from pixel from on.
func (c *depthwise) loadGradient(k *Convolution, plane []float32, from, block, channels int) {
	at := from*c.C + block*lanes
	dy := rowsOf16{k.pass.dy[at:], c.C}
	if k.pass.out == nil {
		k.plainOut.from(block*lanes).normalise(rowsOf16{plane, lanes}, dy, c.oh*c.ow, channels)
		return
	}
	k.pass.out.from(block*lanes).denormalise(rowsOf16{plane, lanes}, rowsOf16{k.pass.y[at:], c.C}, dy, c.oh*c.ow,
		channels)
}

// tapGradients adds one image's gradients of the taps of a block of channels.
func (c *depthwise) tapGradients(sum, x, dy []float32, block int) {
	for i := range c.ahead {
		at := (block*c.Kernel[1] + c.ahead[i].place) * c.Kernel[0] * lanes
		taps := c.ahead[i].taps * lanes
		for line := range c.Kernel[0] {
			shift := line*c.Dilation[0] - c.Pad[0]
			top, bottom := inRange(c.oh, c.Stride[0], shift, c.H)
			c.ahead[i].gradient(sum[at:][:taps],
				&window{rows: bottom - top, x: x, from: (top*c.Stride[0] + shift) * c.W * lanes,
					lineStep: c.Stride[0] * c.W * lanes},
				&window{x: dy, from: top * c.ow * lanes, lineStep: c.ow * lanes})
			at += taps
		}
	}
}

// add unpacks.
func (c *depthwise) add(dw, sum []float32, block, _ int, first bool) {
	c.eachTap(c.ahead, block, func(packed, w, channels int) {
		if first {
			copy(dw[w:][:channels], sum[packed:])
			return
		}
		add(dw[w:][:channels], dw[w:][:channels], sum[packed:][:channels])
	})
}
