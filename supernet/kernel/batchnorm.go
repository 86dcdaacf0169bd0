package kernel

// rowsPerPart is the number of rows of c channels that stay in the cache while they are read twice.
func rowsPerPart(c int) int { return min(max(1<<16/c, 64), 1024) }

// parts cuts rows into parts of a size that follows from c alone.
type parts struct{ rows, size int }

func (q parts) count() int                  { return ceilDiv(q.rows, q.size) }
func (q parts) bounds(i int) (from, to int) { return i * q.size, min((i+1)*q.size, q.rows) }
func (q parts) rowsOf(i int) int            { from, to := q.bounds(i); return to - from }

// Measure computes the statistics of the rows of x [rows, C], in a fixed order. Within parts of the rows, it takes
// float32 sums of distances from about the mean. Chan's formula joins the parts in float64.
func (s Statistics) Measure(p *Pool, x []float32) {
	c := len(s.Mean)
	q := parts{rowsOf(x, c), rowsPerPart(c)}
	m := p.scratch32(q.count() * 3 * padded(c))
	over(p, q, momentsOfParts{m, x, q.size, c})
	s.foldMoments(p, m, q)
}

// momentsOfParts has moments [parts, blocks, 3, lanes].
type momentsOfParts struct {
	moments, x []float32
	size, c    int // rows of a part, channels
}

func (w *momentsOfParts) do(from, to int) {
	measureMoments(w.moments[from/w.size*3*padded(w.c):], w.x[from*w.c:to*w.c], to-from, w.c)
}

// Forward sets dst [rows, C] to z of x, as Norm says. dst may be x.
func (n *Norm) Forward(p *Pool, dst, x []float32) {
	q := parts{rowsOf(x, n.c), rowsPerPart(n.c)}
	need(dst, len(x))
	over(p, q, normalisation{n, dst, x})
}

type normalisation struct {
	norm   *Norm
	dst, x []float32
}

func (w *normalisation) do(from, to int) {
	c := w.norm.c
	w.norm.load(w.dst[from*c:to*c], w.x[from*c:to*c], to-from)
}

// Slopes computes dgamma = Σ dz·(x − mean)/√(variance + eps) and dbeta = Σ dz over the rows, and readies n for
// Backward. Sums are float32 within parts of the rows and float64 over them, in a fixed order.
func (n *Norm) Slopes(p *Pool, dgamma, dbeta, x, dy []float32) {
	q := parts{rowsOf(x, n.c), rowsPerPart(n.c)}
	need(dy, len(x))
	sums := p.scratch32(q.count() * 2 * padded(n.c))
	over(p, q, slopesOfParts{n, sums, x, dy, q.size})
	n.foldSlopes(p, dgamma, dbeta, sums, q.rows)
}

// slopesOfParts has sums [parts, blocks, 2, lanes].
type slopesOfParts struct {
	norm        *Norm
	sums, x, dy []float32
	size        int // rows of a part
}

func (w *slopesOfParts) do(from, to int) {
	c := w.norm.c
	w.norm.measureSlopes(w.sums[from/w.size*2*padded(c):], w.x[from*c:to*c], w.dy[from*c:to*c], to-from)
}

// Backward sets dx from x and dy, as Norm says, after Slopes of the same. dx may be dy.
func (n *Norm) Backward(p *Pool, dx, x, dy []float32) {
	q := parts{rowsOf(x, n.c), rowsPerPart(n.c)}
	need(dx, len(x))
	need(dy, len(x))
	over(p, q, normalisationGradient{n, dx, x, dy})
}

type normalisationGradient struct {
	norm      *Norm
	dx, x, dy []float32
}

func (w *normalisationGradient) do(from, to int) {
	c := w.norm.c
	w.norm.loadGradient(w.dx[from*c:to*c], w.x[from*c:to*c], w.dy[from*c:to*c], to-from)
}
