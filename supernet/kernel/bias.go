package kernel

// AddBias sets dst[r, i] = x[r, i] + bias[i] over rows of c channels; dst may be x.
func AddBias(p *Pool, dst, x, bias []float32, c int) {
	rows := rowsOf(x, c)
	need(dst, len(x))
	need(bias, c)
	p.over(rowChunks(rows, c), args{dst: dst, x: x, y: bias, c: c}, func(a *args, from, to int) {
		for r := from; r < to; r++ {
			add(a.dst[r*a.c:(r+1)*a.c], a.x[r*a.c:(r+1)*a.c], a.y)
		}
	})
}

// BiasBackward sets db[i] = Σ dy[r, i], summed in float64.
func BiasBackward(p *Pool, db, dy []float32, c int) {
	rows := rowsOf(dy, c)
	need(db, c)
	q := parts{rows, max(ceilDiv(rows, 64), 1)}
	sums := p.scratch64((q.count() + 1) * c)
	total, sums := sums[:c], sums[c:]
	p.over(q, args{x: dy, sums: sums, c: c}, func(a *args, from, to int) {
		sumRows(a.sums[from/a.parts.size*a.c:][:a.c], a.x[from*a.c:to*a.c])
	})
	addShards(total, sums)
	for i, v := range total {
		db[i] = float32(v)
	}
}
