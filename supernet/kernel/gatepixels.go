package kernel

// GatePixels sets dst[r, i] = x[r, i]·gate[r] for the rows of x [rows, c]. dst may be x.
func GatePixels(p *Pool, dst, x, gate []float32, c int) {
	rows := rowsOf(x, c)
	need(dst, len(x))
	need(gate, rows)
	over(p, rowChunks(rows, c), pixelGate{dst, x, gate, c})
}

type pixelGate struct {
	dst, x, gate []float32
	c            int
}

func (w *pixelGate) do(from, to int) {
	for r := from; r < to; r++ {
		scale(w.dst[r*w.c:(r+1)*w.c], w.x[r*w.c:(r+1)*w.c], w.gate[r])
	}
}

// GateGradient sets dgate[r] = Σ x[r, i]·dy[r, i], in float64. The gradient of x is GatePixels of dy.
func GateGradient(p *Pool, dgate, x, dy []float32, c int) {
	rows := rowsOf(x, c)
	need(dy, len(x))
	need(dgate, rows)
	over(p, rowChunks(rows, c), gateGradient{dgate, x, dy, c})
}

type gateGradient struct {
	dgate, x, dy []float32
	c            int
}

func (w *gateGradient) do(from, to int) {
	for r := from; r < to; r++ {
		w.dgate[r] = float32(dot(w.x[r*w.c:(r+1)*w.c], w.dy[r*w.c:(r+1)*w.c]))
	}
}
