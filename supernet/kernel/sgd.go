package kernel

// SGDNesterov is one step of PyTorch's SGD with Nesterov momentum and no dampening, on weights w, velocities v (0 at the start) and gradients g,
// which it does not change:
//
//	d = g[i] + decay·w[i];  v[i] = momentum·v[i] + d;  w[i] −= lr·(d + momentum·v[i])
func SGDNesterov(p *Pool, w, v, g []float32, lr, momentum, decay float32) {
	need(v, len(w))
	need(g, len(w))
	p.over(parts{len(w), chunk}, args{dst: w, x: v, y: g, s: [3]float32{lr, momentum, decay}}, func(a *args, from, to int) {
		nesterov(a.dst[from:to], a.x[from:to], a.y[from:to], a.s[0], a.s[1], a.s[2])
	})
}

func nesterovPortable(w, v, g []float32, lr, momentum, decay float32) {
	v, g = v[:len(w)], g[:len(w)]
	for i := range w {
		d := g[i] + decay*w[i]
		v[i] = momentum*v[i] + d
		w[i] -= lr * (d + momentum*v[i])
	}
}
