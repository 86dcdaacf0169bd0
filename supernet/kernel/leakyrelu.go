package kernel

// LeakyReLU sets dst[i] to x[i] where it is positive, and to slope·x[i] elsewhere. dst may be x. NaN stays NaN.
func LeakyReLU(p *Pool, dst, x []float32, slope float32) {
	need(dst, len(x))
	over(p, parts{len(x), chunk}, leak{dst, x, x, slope})
}

// LeakyReLUBackward sets dx[i] to dy[i] where x[i] is positive, and to slope·dy[i] elsewhere. dx may be dy.
func LeakyReLUBackward(p *Pool, dx, x, dy []float32, slope float32) {
	need(dx, len(dy))
	need(x, len(dy))
	over(p, parts{len(dy), chunk}, leak{dx, x, dy, slope})
}

// leak sets dst from v, by the signs of x.
type leak struct {
	dst, x, v []float32
	slope     float32
}

func (w *leak) do(from, to int) {
	dst, x, v := w.dst[from:to], w.x[from:to], w.v[from:to]
	for i := range dst {
		y := v[i] * w.slope
		if x[i] > 0 {
			y = v[i]
		}
		dst[i] = y
	}
}
