package kernel

// MatMul is the geometry of products between Rows pixels and Cols others, for each of Heads parts of Width channels.
// Scores are [n, Rows, Heads, Cols], and channels of the two sides [n, Rows, Heads, Width] and [n, Cols, Heads, Width].
// A result overlaps no operand. Heads of images are computed in parallel.
type MatMul struct {
	Rows, Cols, Heads, Width int
	Scale                    float32 // of every product
}

// Scores sets dst[p, h, q] = Scale·Σ a[p, h, d]·b[q, h, d] over d, for scores dst and channels a and b of n images.
func (m MatMul) Scores(p *Pool, dst, a, b []float32, n int) {
	m.need(dst, a, b, n)
	over(p, m.each(n), scores{m, dst, a, b, p.scratch32(len(b))})
	m.scale(p, dst)
}

// Weigh sets dst[p, h, d] = Scale·Σ s[p, h, q]·b[q, h, d] over q, for scores s and channels dst and b of n images.
func (m MatMul) Weigh(p *Pool, dst, s, b []float32, n int) {
	m.need(s, dst, b, n)
	over(p, m.each(n), weighted{m, dst, s, b})
	m.scale(p, dst)
}

// Gather sets dst[q, h, d] = Scale·Σ s[p, h, q]·a[p, h, d] over p, for scores s and channels dst and a of n images.
func (m MatMul) Gather(p *Pool, dst, s, a []float32, n int) {
	m.need(s, a, dst, n)
	over(p, m.each(n), gathered{m, dst, s, a})
	m.scale(p, dst)
}

type scores struct {
	MatMul
	dst, a, b, room []float32
}

// do turns the channels of b into rows, as the product reads them.
func (w *scores) do(from, to int) {
	c, size := w.Heads*w.Width, w.Cols*w.Width
	q := product{m: w.Rows, n: w.Cols, taps: 1, k: w.Width, am: c, ak: 1, bk: w.Cols, cm: w.Heads * w.Cols}
	for i := from; i < to; i++ {
		s, a, b := w.of(i)
		room := w.room[i*size : (i+1)*size]
		for col := range w.Cols {
			for d, v := range w.b[b+col*c:][:w.Width] {
				room[d*w.Cols+col] = v
			}
		}
		q.apply(w.dst[s:], w.a[a:], room, false)
	}
}

type weighted struct {
	MatMul
	dst, s, b []float32
}

func (w *weighted) do(from, to int) {
	c := w.Heads * w.Width
	q := product{m: w.Rows, n: w.Width, taps: 1, k: w.Cols, am: w.Heads * w.Cols, ak: 1, bk: c, cm: c}
	for i := from; i < to; i++ {
		s, a, b := w.of(i)
		q.apply(w.dst[a:], w.s[s:], w.b[b:], false)
	}
}

type gathered struct {
	MatMul
	dst, s, a []float32
}

func (w *gathered) do(from, to int) {
	c := w.Heads * w.Width
	q := product{m: w.Cols, n: w.Width, taps: 1, k: w.Rows, am: 1, ak: w.Heads * w.Cols, bk: c, cm: c}
	for i := from; i < to; i++ {
		s, a, b := w.of(i)
		q.apply(w.dst[b:], w.s[s:], w.a[a:], false)
	}
}

// of is where head i of all heads of all images begins in scores and in the channels of either side.
func (m MatMul) of(i int) (scores, rows, cols int) {
	n, h := i/m.Heads, i%m.Heads
	return (n*m.Rows*m.Heads + h) * m.Cols, (n*m.Rows*m.Heads + h) * m.Width, (n*m.Cols*m.Heads + h) * m.Width
}

func (m MatMul) each(n int) parts { return parts{n * m.Heads, 1} }

func (m MatMul) scale(p *Pool, x []float32) {
	if m.Scale != 1 {
		Scale(p, x, x, m.Scale)
	}
}

// need panics where lengths contradict the geometry.
func (m MatMul) need(scores, rows, cols []float32, n int) {
	need(scores, n*m.Rows*m.Heads*m.Cols)
	need(rows, n*m.Rows*m.Heads*m.Width)
	need(cols, n*m.Cols*m.Heads*m.Width)
}
