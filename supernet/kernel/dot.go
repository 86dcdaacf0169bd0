package kernel

// Dot returns Σ x[i]·y[i] in float64, summed in a fixed order.
func Dot(p *Pool, x, y []float32) float64 {
	need(y, len(x))
	sums := p.scratch64(ceilDiv(len(x), chunk))
	over(p, parts{len(x), chunk}, dotProduct{x, y, sums})
	var sum float64
	for _, v := range sums {
		sum += v
	}
	return sum
}

type dotProduct struct {
	x, y []float32
	sums []float64 // of the chunks
}

func (w *dotProduct) do(from, to int) { w.sums[from/chunk] = dot(w.x[from:to], w.y[from:to]) }

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
