package kernel

// ScaleChannels sets dst[b, q, i] = x[b, q, i]·gate[b, i] for n images of hw pixels and c channels; dst may be x.
func ScaleChannels(p *Pool, dst, x, gate []float32, n, hw, c int) {
	need(x, n*hw*c)
	need(dst, len(x))
	need(gate, n*c)
	p.rows(n*hw, c, func(from, to int) {
		for r := from; r < to; r++ {
			b := r / hw
			multiply(dst[r*c:(r+1)*c], x[r*c:(r+1)*c], gate[b*c:(b+1)*c])
		}
	})
}

// ScaleChannelsBackward computes the gradients of ScaleChannels; dx may be dy:
//
//	dgate[b, i] = Σ dy[b, q, i]·x[b, q, i]   (float64), dx[b, q, i] = dy[b, q, i]·gate[b, i]
func ScaleChannelsBackward(p *Pool, dx, dgate, x, gate, dy []float32, n, hw, c int) {
	need(x, n*hw*c)
	need(dx, len(x))
	need(dy, len(x))
	need(gate, n*c)
	need(dgate, n*c)
	sums := p.scratch64(n * c)
	p.Run(n, func(b int) {
		sum, g := sums[b*c:(b+1)*c], gate[b*c:(b+1)*c]
		clear(sum)
		for r := b * hw; r < (b+1)*hw; r++ {
			gateRow(dx[r*c:(r+1)*c], sum, x[r*c:(r+1)*c], dy[r*c:(r+1)*c], g)
		}
		for i, v := range sum {
			dgate[b*c+i] = float32(v)
		}
	})
}

// gateRow sets sum[i] += dy[i]·x[i] and dx[i] = dy[i]·gate[i].
func gateRow(dx []float32, sum []float64, x, dy, gate []float32) {
	n := len(dx)
	sum, x, dy, gate = sum[:n], x[:n], dy[:n], gate[:n]
	for i := range dx {
		sum[i] += float64(dy[i]) * float64(x[i])
		dx[i] = dy[i] * gate[i]
	}
}

// CopyChannels copies channels of every row, for slices and concatenations, forward and backward:
//
//	dst[r·dstC + dstFrom + i] = src[r·srcC + srcFrom + i]   for 0 ≤ i < channels
//
// Other channels of dst keep their values. The number of rows is len(src)/srcC.
func CopyChannels(p *Pool, dst []float32, dstC, dstFrom int, src []float32, srcC, srcFrom, channels int) {
	rows := rowsOf(src, srcC)
	need(dst, rows*dstC)
	if min(dstFrom, srcFrom, channels) < 0 || dstFrom+channels > dstC || srcFrom+channels > srcC {
		panic(badGeometry)
	}
	p.rows(rows, channels, func(from, to int) {
		for r := from; r < to; r++ {
			copy(dst[r*dstC+dstFrom:][:channels], src[r*srcC+srcFrom:][:channels])
		}
	})
}

// ShuffleChannels reads the c channels of a row as groups rows and writes them by columns; dst must not be x:
//
//	dst[r, k·groups + g] = x[r, g·c/groups + k]
//
// Its gradient is ShuffleChannels with c/groups groups.
func ShuffleChannels(p *Pool, dst, x []float32, c, groups int) {
	rows := rowsOf(x, c)
	need(dst, len(x))
	if groups < 1 || c%groups != 0 {
		panic(badGeometry)
	}
	size := c / groups
	p.rows(rows, c, func(from, to int) {
		for r := from; r < to; r++ {
			d, s := dst[r*c:(r+1)*c], x[r*c:(r+1)*c]
			for g := range groups {
				for k, v := range s[g*size : (g+1)*size] {
					d[k*groups+g] = v
				}
			}
		}
	})
}
