package kernel

// AddBias sets dst[r, i] = x[r, i] + bias[i] over rows of c channels; dst may be x.
func AddBias(p *Pool, dst, x, bias []float32, c int) {
	rows := rowsOf(x, c)
	need(dst, len(x))
	need(bias, c)
	p.rows(rows, c, func(from, to int) {
		for r := from; r < to; r++ {
			add(dst[r*c:(r+1)*c], x[r*c:(r+1)*c], bias)
		}
	})
}

// BiasBackward sets db[i] = Σ dy[r, i], summed in float64.
func BiasBackward(p *Pool, db, dy []float32, c int) {
	rows := rowsOf(dy, c)
	need(db, c)
	shards := rowBlocks(rows, c)
	sums := p.scratch64((shards + 1) * c)
	total, sums := sums[:c], sums[c:]
	p.run(shards, func(_, s int) {
		from, to := part(rows, shards, s)
		sumRows(sums[s*c:(s+1)*c], dy[from*c:to*c])
	})
	addShards(total, sums)
	for i, v := range total {
		db[i] = float32(v)
	}
}
