package kernel

// Weigh sets dst[r, c] = x[r, c]·weight[c] for the rows of x. dst may be x.
func Weigh(p *Pool, dst, x, weight []float32) {
	rows := rowsOf(x, len(weight))
	need(dst, len(x))
	over(p, rowChunks(rows, len(weight)), weighing{dst, x, weight})
}

type weighing struct{ dst, x, weight []float32 }

func (w *weighing) do(from, to int) {
	c := len(w.weight)
	for r := from; r < to; r++ {
		multiply(w.dst[r*c:(r+1)*c], w.x[r*c:(r+1)*c], w.weight)
	}
}

// WeighBackward sets dx[r, c] = dy[r, c]·weight[c] and dweight[c] = Σ dy[r, c]·x[r, c], in float64. dx may be dy.
func WeighBackward(p *Pool, dx, dweight, x, weight, dy []float32) {
	c, rows := len(weight), rowsOf(x, len(weight))
	need(dy, len(x))
	need(dx, len(x))
	need(dweight, c)
	q := parts{rows, max(ceilDiv(rows, 64), 1)}
	sums := p.scratch64((q.count() + 1) * c)
	over(p, q, weighingGradient{weighing{dx, x, weight}, dy, sums[c:], q.size})
	addShards(sums[:c], sums[c:])
	for i := range dweight {
		dweight[i] = float32(sums[i])
	}
}

// weighingGradient has sums [parts, c], and size rows in a part.
type weighingGradient struct {
	weighing
	dy   []float32
	sums []float64
	size int
}

func (w *weighingGradient) do(from, to int) {
	c := len(w.weight)
	sums := w.sums[from/w.size*c:][:c]
	clear(sums)
	for r := from; r < to; r++ {
		dy := w.dy[r*c : (r+1)*c]
		for i, v := range w.x[r*c : (r+1)*c] {
			sums[i] += float64(v) * float64(dy[i])
		}
		multiply(w.dst[r*c:(r+1)*c], dy, w.weight)
	}
}
