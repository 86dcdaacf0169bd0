package kernel

// rowsPerPart is the number of rows of c channels that stay in the cache while they are read twice.
func rowsPerPart(c int) int { return min(max(1<<16/c, 64), 1024) }

// parts cuts rows into parts of a size that follows from c alone.
type parts struct{ rows, size int }

func (q parts) count() int                  { return ceilDiv(q.rows, q.size) }
func (q parts) bounds(i int) (from, to int) { return i * q.size, min((i+1)*q.size, q.rows) }
func (q parts) rowsOf(i int) int            { from, to := q.bounds(i); return to - from }

// Measure computes the statistics of the rows of x in a fixed order: float32 sums of distances from about the mean within parts of it,
// which Chan's formula joins in float64.
func (s Statistics) Measure(p *Pool, x []float32) {
	c := len(s.Mean)
	q := parts{rowsOf(x, c), rowsPerPart(c)}
	m := p.scratch32(q.count() * 3 * padded(c))
	p.over(q, args{dst: m, x: x, c: c}, func(a *args, from, to int) {
		measureMoments(a.dst[from/a.parts.size*3*padded(a.c):], a.x[from*a.c:to*a.c], to-from, a.c)
	})
	s.foldMoments(p, m, q)
}

// Forward sets dst = z, as Norm says; dst may be x.
func (n *Norm) Forward(p *Pool, dst, x []float32) {
	q := parts{rowsOf(x, n.c), rowsPerPart(n.c)}
	need(dst, len(x))
	p.over(q, args{dst: dst, x: x, c: n.c, norm: n}, func(a *args, from, to int) {
		a.norm.load(a.dst[from*a.c:to*a.c], a.x[from*a.c:to*a.c], to-from)
	})
}

// Slopes computes dgamma = Σ dz·(x − mean)/√(variance + eps) and dbeta = Σ dz over the rows, and readies n for Backward. Sums are
// float32 within parts of the rows and float64 over them, in a fixed order.
func (n *Norm) Slopes(p *Pool, dgamma, dbeta, x, dy []float32) {
	q := parts{rowsOf(x, n.c), rowsPerPart(n.c)}
	need(dy, len(x))
	sums := p.scratch32(q.count() * 2 * padded(n.c))
	p.over(q, args{dst: sums, x: x, y: dy, c: n.c, norm: n}, func(a *args, from, to int) {
		a.norm.measureSlopes(a.dst[from/a.parts.size*2*padded(a.c):], a.x[from*a.c:to*a.c], a.y[from*a.c:to*a.c], to-from)
	})
	n.foldSlopes(p, dgamma, dbeta, sums, q.rows)
}

// Backward sets dx from x and dy after Slopes; dx may be dy.
func (n *Norm) Backward(p *Pool, dx, x, dy []float32) {
	q := parts{rowsOf(x, n.c), rowsPerPart(n.c)}
	need(dx, len(x))
	need(dy, len(x))
	p.over(q, args{dst: dx, x: x, y: dy, c: n.c, norm: n}, func(a *args, from, to int) {
		a.norm.loadGradient(a.dst[from*a.c:to*a.c], a.x[from*a.c:to*a.c], a.y[from*a.c:to*a.c], to-from)
	})
}
