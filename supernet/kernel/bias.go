package kernel

// AddBias sets dst[r, i] = x[r, i] + bias[i] over rows of c channels. dst may be x.
func AddBias(p *Pool, dst, x, bias []float32, c int) {
	rows := rowsOf(x, c)
	need(dst, len(x))
	need(bias, c)
	over(p, rowChunks(rows, c), biasSum{dst, x, bias})
}

type biasSum struct{ dst, x, bias []float32 }

func (w *biasSum) do(from, to int) {
	c := len(w.bias)
	for r := from; r < to; r++ {
		add(w.dst[r*c:(r+1)*c], w.x[r*c:(r+1)*c], w.bias)
	}
}

// BiasBackward sets db[i] = Σ dy[r, i], summed in float64.
func BiasBackward(p *Pool, db, dy []float32, c int) {
	rows := rowsOf(dy, c)
	need(db, c)
	q := parts{rows, max(ceilDiv(rows, 64), 1)}
	sums := p.scratch64((q.count() + 1) * c)
	total, sums := sums[:c], sums[c:]
	over(p, q, biasGradient{sums, dy, q.size, c})
	addShards(total, sums)
	for i, v := range total {
		db[i] = float32(v)
	}
}

// biasGradient has sums [parts, c].
type biasGradient struct {
	sums    []float64
	dy      []float32
	size, c int // rows of a part, channels
}

func (w *biasGradient) do(from, to int) {
	sumRows(w.sums[from/w.size*w.c:][:w.c], w.dy[from*w.c:to*w.c])
}
