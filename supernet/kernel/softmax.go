package kernel

// Softmax sets each row of dst [rows, c] from that of x, and may write over x:
//
//	dst[i] = exp(x[i] − max)/Σ exp(x[j] − max), with max of the row and the sum in float64
//
// exp(z) is s/(1 − s) with the sigmoid s of z, which is precise where z is not positive.
func Softmax(p *Pool, dst, x []float32, c int) {
	rows := rowsOf(x, c)
	need(dst, len(x))
	over(p, rowChunks(rows, c), softening{dst, x, c})
}

type softening struct {
	dst, x []float32
	c      int
}

func (w *softening) do(from, to int) {
	for r := from; r < to; r++ {
		dst, x := w.dst[r*w.c:(r+1)*w.c], w.x[r*w.c:(r+1)*w.c]
		top := x[greatest(x)]
		for i, v := range x {
			dst[i] = v - top
		}
		sigmoid(dst, dst)
		for i, s := range dst {
			dst[i] = s / (1 - s)
		}
		scale(dst, dst, float32(1/sum(dst)))
	}
}

// SoftmaxBackward sets dx from y, which Softmax has made, and dy. dx may be dy:
//
//	dx[i] = y[i]·(dy[i] − Σ y[j]·dy[j]), with the sum in float64
func SoftmaxBackward(p *Pool, dx, y, dy []float32, c int) {
	rows := rowsOf(y, c)
	need(dx, len(y))
	need(dy, len(y))
	over(p, rowChunks(rows, c), softeningGradient{dx, y, dy, c})
}

type softeningGradient struct {
	dx, y, dy []float32
	c         int
}

func (w *softeningGradient) do(from, to int) {
	for r := from; r < to; r++ {
		dx, y, dy := w.dx[r*w.c:(r+1)*w.c], w.y[r*w.c:(r+1)*w.c], w.dy[r*w.c:(r+1)*w.c]
		mean := float32(dot(y, dy))
		for i, v := range y {
			dx[i] = v * (dy[i] - mean)
		}
	}
}
