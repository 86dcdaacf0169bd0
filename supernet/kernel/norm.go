package kernel

import "math"

// Norm is a batch normalisation, with or without a ReLU behind it. Readers apply it to the rows of C channels that they
// load, and take it back from gradients:
//
//	z = act((x − mean)·scale + beta)                          with scale = gamma/√(variance + eps)
//	dx = scale·(dz − dbeta/rows − (x − mean)/√(variance + eps)·dgamma/rows)   with dz = dy where act passes it on
//
// So a normalised value need not be stored. Use makes it ready for z, and Slopes for dx. It belongs to one goroutine at
// a time.
type Norm struct {
	c      int
	coef   []float32 // six vectors of c channels
	step   int       // from one to the next: c rounded up to blocks of lanes
	floor  float32
	invstd []float64
}

// Statistics are the mean and the biased variance of every channel.
type Statistics struct{ Mean, Variance []float32 }

// NewStatistics are statistics of c channels, all 0.
func NewStatistics(c int) Statistics { return Statistics{make([]float32, c), make([]float32, c)} }

// The vectors of coefficients: dx = a·dz + b·(x − mean) + constant.
const (
	atScale = iota
	atShift
	atMean
	atA
	atB
	atConstant
	vectorsOfNorm
)

// NewNorm is a normalisation of c channels; Use makes it that of some statistics.
func NewNorm(c int, relu bool) *Norm {
	n := &Norm{c: c, coef: make([]float32, vectorsOfNorm*padded(c)), step: padded(c), floor: float32(math.Inf(-1)),
		invstd: make([]float64, c)}
	if relu {
		n.floor = 0
	}
	return n
}

// Use makes n normalise by the statistics s, and then scale by gamma and shift by beta. It copies all of them. Every
// slice has C elements.
func (n *Norm) Use(s Statistics, gamma, beta []float32, eps float32) {
	for _, v := range [][]float32{s.Mean, s.Variance, gamma, beta} {
		need(v, n.c)
	}
	for i, v := range s.Variance {
		n.invstd[i] = 1 / math.Sqrt(float64(v)+float64(eps))
		n.vector(atScale)[i] = float32(float64(gamma[i]) * n.invstd[i])
	}
	copy(n.vector(atShift), beta)
	copy(n.vector(atMean), s.Mean)
}

// identity is a Norm that changes nothing.
func identity(c int) *Norm {
	n := NewNorm(c, false)
	for i := range n.vector(atScale) {
		n.vector(atScale)[i] = 1
	}
	return n
}

func (n *Norm) vector(i int) []float32 { return n.coef[i*n.step:][:n.c] }

// padded is c rounded up to whole blocks of lanes.
func padded(c int) int { return ceilDiv(c, lanes) * lanes }

// coefficients are those of a Norm from a channel on. Those of a nil Norm change nothing.
type coefficients struct {
	norm    *Norm
	channel int
}

func (n *Norm) from(channel int) coefficients { return coefficients{n, channel} }

// skip leaves out the first n channels.
func (c coefficients) skip(n int) coefficients { return coefficients{c.norm, c.channel + n} }

// vector is lanes coefficients of one kind.
func (c coefficients) vector(i int) []float32 {
	return c.norm.coef[i*c.norm.step+c.channel:][:lanes]
}

// settle normalises rows of x [rows, channels] in place, if there are coefficients.
func (c coefficients) settle(x rowsOf16, rows, channels int) {
	for i := 0; i < channels && c.norm != nil; i += lanes {
		at := rowsOf16{x.x[i:], x.step}
		c.skip(i).normalise(at, at, rows, min(lanes, channels-i))
	}
}

// load sets rows of dst [rows, c] from x.
func (n *Norm) load(dst, x []float32, rows int) {
	for i := 0; i*lanes < n.c; i++ {
		from := i * lanes
		n.from(from).normalise(rowsOf16{dst[from:], n.c}, rowsOf16{x[from:], n.c}, rows, min(lanes, n.c-from))
	}
}

// loadGradient sets rows of dst [rows, c], the gradient of x, from x and dy.
func (n *Norm) loadGradient(dst, x, dy []float32, rows int) {
	for i := 0; i*lanes < n.c; i++ {
		from := i * lanes
		n.from(from).denormalise(rowsOf16{dst[from:], n.c}, rowsOf16{x[from:], n.c}, rowsOf16{dy[from:], n.c}, rows,
			min(lanes, n.c-from))
	}
}

// measureSlopes sets sums [blocks, 2, lanes] from rows of x and dy.
func (n *Norm) measureSlopes(sums, x, dy []float32, rows int) {
	for i := 0; i*lanes < n.c; i++ {
		from := i * lanes
		n.from(from).slopes(sums[2*from:], rowsOf16{x[from:], n.c}, rowsOf16{dy[from:], n.c}, rows,
			min(lanes, n.c-from))
	}
}

// foldSlopes sets the coefficients of dx, and dgamma and dbeta, from sums [parts, blocks, 2, lanes]. They are added in
// float64. rows is the number of rows in all parts.
func (n *Norm) foldSlopes(p *Pool, dgamma, dbeta, sums []float32, rows int) {
	need(dgamma, n.c)
	need(dbeta, n.c)
	over(p, parts{n.c, lanes}, slopeFold{n, dgamma, dbeta, sums, rows})
}

type slopeFold struct {
	norm                *Norm
	dgamma, dbeta, sums []float32
	rows                int
}

func (w *slopeFold) do(from, to int) {
	var sum, product [lanes]float64
	for at := 2 * from; at < len(w.sums); at += 2 * padded(w.norm.c) {
		for i := range to - from {
			sum[i] += float64(w.sums[at+i])
			product[i] += float64(w.sums[at+lanes+i])
		}
	}
	for i := range to - from {
		w.dgamma[from+i], w.dbeta[from+i] = w.norm.slope(from+i, sum[i], product[i], float64(w.rows))
	}
}

// slope sets the coefficients of a channel of dx from Σ dz and Σ dz·(x − mean), and returns dgamma and dbeta.
func (n *Norm) slope(i int, sum, product, rows float64) (dgamma, dbeta float32) {
	scale, invstd := n.vector(atScale)[i], n.invstd[i]
	n.vector(atA)[i] = scale
	n.vector(atB)[i] = float32(-float64(scale) * invstd * invstd * product / rows)
	n.vector(atConstant)[i] = float32(-float64(scale) * sum / rows)
	return float32(product * invstd), float32(sum)
}

// measureMoments sets m [blocks, 3, lanes] from rows of x [rows, c].
func measureMoments(m, x []float32, rows, c int) {
	for from := 0; from < c; from += lanes {
		moments(m[3*from:], rowsOf16{x[from:], c}, rows, min(lanes, c-from))
	}
}

// foldMoments sets s from the moments [parts, blocks, 3, lanes] of parts of the rows, by Chan's formula in float64.
func (s Statistics) foldMoments(p *Pool, m []float32, q parts) {
	over(p, parts{len(s.Mean), lanes}, momentFold{s, m, q})
}

type momentFold struct {
	Statistics
	moments []float32
	parts   parts
}

func (w *momentFold) do(from, to int) {
	w.parts.fold(w.Mean[from:to], w.Variance[from:to], w.moments[3*from:], 3*padded(len(w.Mean)))
}

// fold is foldMoments for one block of channels, whose moments in m are step apart from part to part.
func (q parts) fold(mean, variance, m []float32, step int) {
	var mu, squares [lanes]float64
	for part := range q.count() {
		for i := range mean {
			at := part*step + i
			mu[i] += float64(q.rowsOf(part))*float64(m[at]) + float64(m[at+lanes])
		}
	}
	for i := range mean {
		mu[i] /= float64(q.rows)
	}
	for part := range q.count() {
		rows := float64(q.rowsOf(part))
		for i := range mean {
			at := part*step + i
			fromReference := float64(m[at+lanes]) / rows
			d := float64(m[at]) + fromReference - mu[i]
			squares[i] += float64(m[at+2*lanes]) + rows*(d*d-fromReference*fromReference)
		}
	}
	for i := range mean {
		mean[i] = float32(mu[i])
		variance[i] = max(float32(squares[i]/float64(q.rows)), 0)
	}
}
