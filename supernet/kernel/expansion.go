package kernel

// Expansion is a pointwise convolution y = x·w, of x [rows, in] with w [in, out], whose result is not stored. A reader
// computes y again from the smaller x (Convolution.ForwardThrough). The statistics of y follow from those of x:
//
//	mean = wᵀμ   variance_o = w_oᵀ·Σ·w_o   with μ the mean and Σ the covariance of x
//
// It belongs to one goroutine at a time.
type Expansion struct {
	in, out int
	shift   *Norm // subtracts the reference, near μ, from x: else the squares would lose digits
	pass    expansionPass
	gather  shardFunc
	derive  shardFunc
}

// expansionPass is a running Measure.
type expansionPass struct {
	pool             *Pool
	x, w             []float32
	rows             parts
	stats            Statistics
	sums             []float32 // of every part of the rows: Σ d and Σ d·dᵀ, d the distance from the reference
	mean, covariance []float32
	local            []float32 // of all workers
}

const (
	expansionParts   = 32  // at most, since each has sums of its own
	expansionRows    = 128 // whose distances stay in the first-level cache
	expansionColumns = 48  // of w, for one worker at once
)

// NewExpansion plans the statistics of an expansion from in to out channels.
func NewExpansion(in, out int) *Expansion {
	e := &Expansion{in: in, out: out, shift: identity(in)}
	e.gather, e.derive = e.gatherPart, e.deriveColumns
	return e
}

// Measure sets stats to the mean and the biased variance of y, for so many rows of x.
func (e *Expansion) Measure(p *Pool, x, w []float32, rows int, stats Statistics) {
	need(x, rows*e.in)
	need(w, e.in*e.out)
	need(stats.Mean, e.out)
	need(stats.Variance, e.out)
	e.begin(p, x, w, rows, stats)
	e.refer()
	p.run(e.pass.rows.count(), e.gather)
	e.fold()
	p.run(ceilDiv(e.out, expansionColumns), e.derive)
}

func (e *Expansion) begin(p *Pool, x, w []float32, rows int, stats Statistics) {
	q := parts{rows, max(ceilDiv(rows, expansionParts), expansionRows)}
	size := e.in + e.in*e.in
	local := max(expansionRows*e.in, e.in*expansionColumns)
	rest := p.scratch32(q.count()*size + size + p.workers*local)
	take := func(n int) (v []float32) {
		v, rest = rest[:n:n], rest[n:]
		return v
	}
	e.pass = expansionPass{pool: p, x: x, w: w, rows: q, stats: stats,
		sums: take(q.count() * size), mean: take(e.in), covariance: take(e.in * e.in), local: rest}
}

// refer makes the mean of the first rows the reference.
func (e *Expansion) refer() {
	reference := e.shift.vector(atMean)
	rows := min(e.pass.rows.rows, expansionRows)
	var m [3 * lanes]float32
	for from := 0; from < e.in; from += lanes {
		moments(m[:], rowsOf16{e.pass.x[from:], e.in}, rows, min(lanes, e.in-from))
		copy(reference[from:], m[:lanes])
	}
}

// unit is the coefficient of a plain sum.
var unit = []float32{1}

// gatherPart sets the sums of a part of the rows.
func (e *Expansion) gatherPart(p *Pool, worker, shard int) {
	a := &e.pass
	size := len(a.sums) / a.rows.count()
	sums := a.sums[shard*size : (shard+1)*size]
	from, to := a.rows.bounds(shard)
	for first := from; first < to; first += expansionRows {
		rows := min(expansionRows, to-first)
		d := a.scratch(worker)[:rows*e.in]
		e.shift.load(d, a.x[first*e.in:(first+rows)*e.in], rows)
		total := product{m: 1, n: e.in, taps: 1, k: rows, bk: e.in, cm: e.in}
		total.apply(sums, unit, d, first > from)
		squares := product{m: e.in, n: e.in, taps: 1, k: rows, am: 1, ak: e.in, bk: e.in, cm: e.in}
		squares.apply(sums[e.in:], d, d, first > from)
	}
}

func (a *expansionPass) scratch(worker int) []float32 {
	size := len(a.local) / a.pool.workers
	return a.local[worker*size : (worker+1)*size]
}

// fold sets the mean and the covariance of x.
func (e *Expansion) fold() {
	a := &e.pass
	size := len(a.sums) / a.rows.count()
	all := a.sums[:size]
	for at := size; at < len(a.sums); at += size {
		add(all, all, a.sums[at:at+size])
	}
	scale(all, all, 1/float32(a.rows.rows))
	distance, squares := all[:e.in], all[e.in:]
	add(a.mean, e.shift.vector(atMean), distance)
	for i, d := range distance {
		row := a.covariance[i*e.in:][:e.in]
		copy(row, squares[i*e.in:])
		axpy(row, distance, -d)
	}
}

// deriveColumns sets the statistics of some channels of y.
func (e *Expansion) deriveColumns(_ *Pool, worker, shard int) {
	a := &e.pass
	from := shard * expansionColumns
	n := min(expansionColumns, e.out-from)
	t := a.scratch(worker)[:e.in*n]
	q := product{m: e.in, n: n, taps: 1, k: e.in, am: e.in, ak: 1, bk: e.out, cm: n}
	q.apply(t, a.covariance, a.w[from:], false)
	var mean, variance [expansionColumns]float64
	for c := range e.in {
		for i, w := range a.w[c*e.out+from:][:n] {
			mean[i] += float64(w) * float64(a.mean[c])
			variance[i] += float64(w) * float64(t[c*n+i])
		}
	}
	for i := range n {
		a.stats.Mean[from+i] = float32(mean[i])
		a.stats.Variance[from+i] = max(float32(variance[i]), 0)
	}
}

// expand sets channels from..from+n−1 of some rows of the normalised product that ForwardThrough reads. Rows are step
// apart in dst.
func (k *Convolution) expand(dst []float32, step, row, rows, from, n int) {
	a := &k.pass
	c := len(a.expand) / k.C
	var q product // a literal would be copied, which waits until all that is being stored has reached the cache
	q.m, q.n, q.taps, q.k = rows, n, 1, c
	q.am, q.ak, q.bk, q.cm = c, 1, k.C, step
	q.norm = a.in.from(from)
	q.apply(dst, a.x[row*c:], a.expand[from:], false)
}

// Inlines reports whether c had better compute the result of before itself, by ForwardThrough, if nothing else reads
// it. It had if before is pointwise and makes much of little.
func (c Conv) Inlines(before Conv) bool {
	return c.Kernel != [2]int{1, 1} && before.pointwise() && before.Groups == 1 && before.Out >= 2*before.C
}
