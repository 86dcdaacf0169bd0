package kernel

// Dot returns Σ x[i]·y[i] in float64, summed in a fixed order.
func Dot(p *Pool, x, y []float32) float64 {
	need(y, len(x))
	sums := p.scratch64(ceilDiv(len(x), chunk))
	p.over(parts{len(x), chunk}, args{x: x, y: y, sums: sums}, func(a *args, from, to int) {
		a.sums[from/chunk] = dot(a.x[from:to], a.y[from:to])
	})
	var sum float64
	for _, v := range sums {
		sum += v
	}
	return sum
}

// dot keeps four sums, so that additions need not wait for one another.
func dot(x, y []float32) float64 {
	var s0, s1, s2, s3 float64
	for len(x) >= 4 && len(y) >= 4 {
		s0 += float64(x[0]) * float64(y[0])
		s1 += float64(x[1]) * float64(y[1])
		s2 += float64(x[2]) * float64(y[2])
		s3 += float64(x[3]) * float64(y[3])
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		s0 += float64(v) * float64(y[i])
	}
	return (s0 + s1) + (s2 + s3)
}
