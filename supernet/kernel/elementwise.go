package kernel

// Add sets dst[i] = x[i] + y[i]; dst may be x or y.
func Add(p *Pool, dst, x, y []float32) {
	need(x, len(dst))
	need(y, len(dst))
	p.chunks(len(dst), func(from, to int) { add(dst[from:to], x[from:to], y[from:to]) })
}

// Multiply sets dst[i] = x[i]·y[i]; dst may be x or y.
func Multiply(p *Pool, dst, x, y []float32) {
	need(x, len(dst))
	need(y, len(dst))
	p.chunks(len(dst), func(from, to int) { multiply(dst[from:to], x[from:to], y[from:to]) })
}

// Scale sets dst[i] = x[i]·s; dst may be x.
func Scale(p *Pool, dst, x []float32, s float32) {
	need(x, len(dst))
	p.chunks(len(dst), func(from, to int) { scale(dst[from:to], x[from:to], s) })
}

// AddScaled sets dst[i] += s·x[i].
func AddScaled(p *Pool, dst, x []float32, s float32) {
	need(x, len(dst))
	p.chunks(len(dst), func(from, to int) { axpy(dst[from:to], x[from:to], s) })
}

// Mean sets dst[i] = (xs[0][i] + xs[1][i] + …)·(1/len(xs)), summed in the order of the arguments; dst may be one of them.
func Mean(p *Pool, dst []float32, xs ...[]float32) {
	if len(xs) == 0 {
		panic(badLength)
	}
	for _, x := range xs {
		need(x, len(dst))
	}
	s := 1 / float32(len(xs))
	p.chunks(len(dst), func(from, to int) {
		var sum [256]float32
		for ; from < to; from += len(sum) {
			end := min(from+len(sum), to)
			part := sum[:end-from]
			copy(part, xs[0][from:end])
			for _, x := range xs[1:] {
				add(part, part, x[from:end])
			}
			scale(dst[from:end], part, s)
		}
	})
}

func add(dst, x, y []float32) {
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

func scale(dst, x []float32, s float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * s
	}
}

func axpy(dst, x []float32, s float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] += s * x[i]
	}
}
