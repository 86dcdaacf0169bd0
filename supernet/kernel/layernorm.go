package kernel

import "math"

// LayerNorm normalises the channels of each row of x [rows, Channels] by themselves:
//
//	y = (x − mean)/√(variance + Eps)·weight + bias, with the biased variance
//
// With RMS, mean and bias are 0 and variance is the mean of x². Sums are float64, of four lanes each.
type LayerNorm struct {
	Channels int
	Eps      float32
	RMS      bool
}

// Forward sets dst from x. dst may be x. bias is nil with RMS.
func (n LayerNorm) Forward(p *Pool, dst, x, weight, bias []float32) {
	rows := rowsOf(x, n.Channels)
	need(dst, len(x))
	n.check(weight, bias)
	over(p, rowChunks(rows, n.Channels), layerNormalisation{n, dst, x, weight, bias})
}

type layerNormalisation struct {
	LayerNorm
	dst, x, weight, bias []float32
}

func (w *layerNormalisation) do(from, to int) {
	c := w.Channels
	for r := from; r < to; r++ {
		dst := w.dst[r*c : (r+1)*c]
		w.normalise(dst, w.x[r*c:(r+1)*c])
		multiply(dst, dst, w.weight)
		if !w.RMS {
			add(dst, dst, w.bias)
		}
	}
}

// Backward computes the gradients of Forward, with z = (x − mean)/√(variance + Eps) and g = dy·weight:
//
//	dx = (g − mean of g − z·mean of g·z)/√(variance + Eps), dweight = Σ dy·z, dbias = Σ dy   (float64)
//
// With RMS, the mean of g is left out, and dbias is nil. dx may be dy, and nil if it is not wanted.
func (n LayerNorm) Backward(p *Pool, dx, dweight, dbias, x, weight, dy []float32) {
	c, rows := n.Channels, rowsOf(x, n.Channels)
	need(dy, len(x))
	if dx != nil {
		need(dx, len(x))
	}
	n.check(weight, dbias)
	need(dweight, c)
	q := parts{rows, max(ceilDiv(rows, 64), 1)}
	sums, z := p.scratch64((q.count()+1)*2*c), p.scratch32(q.count()*2*c)
	over(p, q, layerGradient{n, sums[2*c:], z, dx, x, weight, dy, q.size})
	total := sums[:2*c]
	addShards(total, sums[2*c:])
	for i := range dweight {
		dweight[i] = float32(total[i])
	}
	for i := range dbias {
		dbias[i] = float32(total[c+i])
	}
}

// layerGradient has sums [parts, 2, c], of dweight and dbias, and room for z and g [parts, 2, c].
type layerGradient struct {
	LayerNorm
	sums                    []float64
	room, dx, x, weight, dy []float32
	size                    int // rows of a part
}

func (w *layerGradient) do(from, to int) {
	c, part := w.Channels, from/w.size
	sums := w.sums[part*2*c:][:2*c]
	z, g := w.room[part*2*c:][:c], w.room[part*2*c+c:][:c]
	clear(sums)
	for r := from; r < to; r++ {
		dy := w.dy[r*c : (r+1)*c]
		inverse := w.normalise(z, w.x[r*c:(r+1)*c])
		for i, v := range dy {
			sums[i] += float64(v) * float64(z[i])
			sums[c+i] += float64(v)
		}
		if w.dx != nil {
			multiply(g, dy, w.weight)
			w.project(w.dx[r*c:(r+1)*c], g, z, inverse)
		}
	}
}

// project sets dx from g and z.
func (n LayerNorm) project(dx, g, z []float32, inverse float32) {
	mean, slope := float32(0), float32(dot(g, z)/float64(len(g)))
	if !n.RMS {
		mean = float32(sum(g) / float64(len(g)))
	}
	for i, v := range g {
		dx[i] = (v - mean - float32(z[i]*slope)) * inverse
	}
}

// normalise sets z = (x − mean)/√(variance + Eps) and returns the divisor's inverse. z may be x.
func (n LayerNorm) normalise(z, x []float32) (inverse float32) {
	size := float64(len(x))
	if n.RMS {
		copy(z, x)
	} else {
		mean := float32(sum(x) / size)
		for i, v := range x {
			z[i] = v - mean
		}
	}
	inverse = float32(1 / math.Sqrt(dot(z, z)/size+float64(n.Eps)))
	scale(z, z, inverse)
	return inverse
}

// check panics where weight and bias contradict n.
func (n LayerNorm) check(weight, bias []float32) {
	need(weight, n.Channels)
	if n.RMS {
		need(bias, 0)
		return
	}
	need(bias, n.Channels)
}

// sum keeps four sums, as dot does.
func sum(x []float32) float64 {
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4; x = x[4:] {
		s0 += float64(x[0])
		s1 += float64(x[1])
		s2 += float64(x[2])
		s3 += float64(x[3])
	}
	for _, v := range x {
		s0 += float64(v)
	}
	return (s0 + s1) + (s2 + s3)
}
