package kernel

// SGDNesterov is one step of PyTorch's SGD with Nesterov momentum and no dampening, on weights w and velocities v,
// which are 0 at the start. The gradients g stay as they are:
//
//	d = g[i] + decay·w[i];  v[i] = momentum·v[i] + d;  w[i] −= lr·(d + momentum·v[i])
func SGDNesterov(p *Pool, w, v, g []float32, lr, momentum, decay float32) {
	need(v, len(w))
	need(g, len(w))
	over(p, parts{len(w), chunk}, nesterovStep{w, v, g, lr, momentum, decay})
}

type nesterovStep struct {
	w, v, g             []float32
	lr, momentum, decay float32
}

func (s *nesterovStep) do(from, to int) {
	nesterov(s.w[from:to], s.v[from:to], s.g[from:to], s.lr, s.momentum, s.decay)
}

func nesterovPortable(w, v, g []float32, lr, momentum, decay float32) {
	v, g = v[:len(w)], g[:len(w)]
	for i := range w {
		d := g[i] + decay*w[i]
		v[i] = momentum*v[i] + d
		w[i] -= lr * (d + momentum*v[i])
	}
}
