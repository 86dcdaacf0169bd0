package kernel

// ChannelPool sets dst [rows, 2] to the mean, summed in float64, and the maximum of each row of x [rows, c]. A row with
// a NaN has NaN for both.
func ChannelPool(p *Pool, dst, x []float32, c int) {
	rows := rowsOf(x, c)
	need(dst, 2*rows)
	over(p, rowChunks(rows, c), channelPooling{dst, x, c})
}

type channelPooling struct {
	dst, x []float32
	c      int
}

func (w *channelPooling) do(from, to int) {
	for r := from; r < to; r++ {
		x := w.x[r*w.c : (r+1)*w.c]
		w.dst[2*r], w.dst[2*r+1] = float32(sum(x)/float64(w.c)), x[greatest(x)]
	}
}

// ChannelPoolBackward sets dx [rows, c] from x and dy [rows, 2]. The gradient of a maximum goes to its first place:
//
//	dx[r, i] = dy[r, 0]/c + dy[r, 1] where i is the first place of the maximum, and without dy[r, 1] elsewhere
func ChannelPoolBackward(p *Pool, dx, x, dy []float32, c int) {
	rows := rowsOf(x, c)
	need(dx, len(x))
	need(dy, 2*rows)
	over(p, rowChunks(rows, c), channelPoolingGradient{channelPooling{dx, x, c}, dy})
}

type channelPoolingGradient struct {
	channelPooling
	dy []float32
}

func (w *channelPoolingGradient) do(from, to int) {
	for r := from; r < to; r++ {
		dx, part := w.dst[r*w.c:(r+1)*w.c], w.dy[2*r]/float32(w.c)
		first := greatest(w.x[r*w.c : (r+1)*w.c])
		for i := range dx {
			dx[i] = part
		}
		dx[first] += w.dy[2*r+1]
	}
}

// greatest is the first place of the greatest element, or of a NaN if there is one.
func greatest(x []float32) (at int) {
	for i, v := range x {
		if v != v {
			return i
		}
		if v > x[at] {
			at = i
		}
	}
	return at
}
