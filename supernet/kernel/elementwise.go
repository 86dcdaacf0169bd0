package kernel

// Add sets dst[i] = x[i] + y[i]; dst may be x or y.
func Add(p *Pool, dst, x, y []float32) {
	need(x, len(dst))
	need(y, len(dst))
	p.over(parts{len(dst), chunk}, args{dst: dst, x: x, y: y}, func(a *args, from, to int) {
		add(a.dst[from:to], a.x[from:to], a.y[from:to])
	})
}

// Multiply sets dst[i] = x[i]·y[i]; dst may be x or y.
func Multiply(p *Pool, dst, x, y []float32) {
	need(x, len(dst))
	need(y, len(dst))
	p.over(parts{len(dst), chunk}, args{dst: dst, x: x, y: y}, func(a *args, from, to int) {
		multiply(a.dst[from:to], a.x[from:to], a.y[from:to])
	})
}

// Scale sets dst[i] = x[i]·s; dst may be x.
func Scale(p *Pool, dst, x []float32, s float32) {
	need(x, len(dst))
	p.over(parts{len(dst), chunk}, args{dst: dst, x: x, s: [3]float32{s}}, func(a *args, from, to int) {
		scale(a.dst[from:to], a.x[from:to], a.s[0])
	})
}

// AddScaled sets dst[i] += s·x[i].
func AddScaled(p *Pool, dst, x []float32, s float32) {
	need(x, len(dst))
	p.over(parts{len(dst), chunk}, args{dst: dst, x: x, s: [3]float32{s}}, func(a *args, from, to int) {
		axpy(a.dst[from:to], a.x[from:to], a.s[0])
	})
}

// Mean sets dst[i] = (xs[0][i] + xs[1][i] + …)·(1/len(xs)), summed in the order of the arguments; dst may be one of them.
func Mean(p *Pool, dst []float32, xs ...[]float32) {
	if len(xs) == 0 {
		panic(badLength)
	}
	for _, x := range xs {
		need(x, len(dst))
	}
	p.many = append(p.many[:0], xs...)
	p.over(parts{len(dst), chunk}, args{dst: dst, many: p.many}, meanRange)
}

func meanRange(a *args, from, to int) {
	var sum [256]float32
	s := 1 / float32(len(a.many))
	for ; from < to; from += len(sum) {
		end := min(from+len(sum), to)
		part := sum[:end-from]
		acc := a.many[0][from:end]
		for _, x := range a.many[1:] {
			add(part, acc, x[from:end])
			acc = part
		}
		scale(a.dst[from:end], acc, s)
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
