package kernel

// Add sets dst[i] = x[i] + y[i]; dst may be x or y.
func Add(p *Pool, dst, x, y []float32) {
	need(x, len(dst))
	need(y, len(dst))
	over(p, parts{len(dst), chunk}, elementSum{dst, x, y})
}

type elementSum struct{ dst, x, y []float32 }

func (w *elementSum) do(from, to int) { add(w.dst[from:to], w.x[from:to], w.y[from:to]) }

// Multiply sets dst[i] = x[i]·y[i]; dst may be x or y.
func Multiply(p *Pool, dst, x, y []float32) {
	need(x, len(dst))
	need(y, len(dst))
	over(p, parts{len(dst), chunk}, elementProduct{dst, x, y})
}

type elementProduct struct{ dst, x, y []float32 }

func (w *elementProduct) do(from, to int) { multiply(w.dst[from:to], w.x[from:to], w.y[from:to]) }

// Scale sets dst[i] = x[i]·s; dst may be x.
func Scale(p *Pool, dst, x []float32, s float32) {
	need(x, len(dst))
	over(p, parts{len(dst), chunk}, scaled{dst, x, s})
}

type scaled struct {
	dst, x []float32
	s      float32
}

func (w *scaled) do(from, to int) { scale(w.dst[from:to], w.x[from:to], w.s) }

// AddScaled sets dst[i] += s·x[i].
func AddScaled(p *Pool, dst, x []float32, s float32) {
	need(x, len(dst))
	over(p, parts{len(dst), chunk}, scaledSum{dst, x, s})
}

type scaledSum struct {
	dst, x []float32
	s      float32
}

func (w *scaledSum) do(from, to int) { axpy(w.dst[from:to], w.x[from:to], w.s) }

// Mean sets dst[i] = (xs[0][i] + xs[1][i] + …)·(1/len(xs)), the mean of branches (eq. 1). It sums in the order of the
// arguments. dst may be one of them. No argument panics.
func Mean(p *Pool, dst []float32, xs ...[]float32) { sumTimes(p, dst, 1/float32(len(xs)), xs) }

// Sum sets dst[i] = xs[0][i] + xs[1][i] + …, in the order of the arguments. dst may be one of them. No argument panics.
func Sum(p *Pool, dst []float32, xs ...[]float32) { sumTimes(p, dst, 1, xs) }

func sumTimes(p *Pool, dst []float32, s float32, xs [][]float32) {
	if len(xs) == 0 {
		panic(badLength)
	}
	for _, x := range xs {
		need(x, len(dst))
	}
	p.many = append(p.many[:0], xs...)
	over(p, parts{len(dst), chunk}, scaledSumOf{dst, p.many, s})
}

type scaledSumOf struct {
	dst []float32
	xs  [][]float32
	s   float32
}

func (w *scaledSumOf) do(from, to int) {
	var sum [256]float32
	for ; from < to; from += len(sum) {
		end := min(from+len(sum), to)
		part := sum[:end-from]
		acc := w.xs[0][from:end]
		for _, x := range w.xs[1:] {
			add(part, acc, x[from:end])
			acc = part
		}
		scale(w.dst[from:end], acc, w.s)
	}
}

func addPortable(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func multiply(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func scalePortable(dst, x []float32, s float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * s
	}
}

func axpyPortable(dst, x []float32, s float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] += s * x[i]
	}
}
