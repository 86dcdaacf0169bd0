//go:build !amd64 || noasm

package kernel

// Instructions names the set of instructions that the kernels use: here it is portable, the machine's own.
func Instructions() string { return "portable" }

func (q *product) apply(c, a, b []float32, add bool) {
	q.check(c, a, b)
	q.portable(c, a, b, add)
}

func (c *correlation) apply(dst []float32, dl, dp int, in *image, channels int) {
	c.portable(dst, dl, dp, in, channels)
}

func (c *correlation) gradient(dw []float32, in, dy *window) { c.gradientPortable(dw, in, dy) }

func (c coefficients) normalise(dst, x rowsOf16, rows, channels int) {
	c.normalisePortable(dst, x, rows, channels)
}

func (c coefficients) denormalise(dst, x, dy rowsOf16, rows, channels int) {
	c.denormalisePortable(dst, x, dy, rows, channels)
}

func (c coefficients) slopes(dst []float32, x, dy rowsOf16, rows, channels int) {
	c.slopesPortable(dst, x, dy, rows, channels)
}

func moments(dst []float32, x rowsOf16, rows, channels int) { momentsPortable(dst, x, rows, channels) }

func add(dst, x, y []float32)                      { addPortable(dst, x, y) }
func scale(dst, x []float32, s float32)            { scalePortable(dst, x, s) }
func axpy(dst, x []float32, s float32)             { axpyPortable(dst, x, s) }
func relu(dst, x []float32)                        { reluPortable(dst, x) }
func reluBackward(dx, y, dy []float32)             { reluBackwardPortable(dx, y, dy) }
func sigmoid(dst, x []float32)                     { sigmoidPortable(dst, x) }
func swish(dst, x []float32)                       { swishPortable(dst, x) }
func swishBackward(dx, x, dy []float32)            { swishBackwardPortable(dx, x, dy) }
func hswish(dst, x []float32)                      { hswishPortable(dst, x) }
func hswishBackward(dx, x, dy []float32)           { hswishBackwardPortable(dx, x, dy) }
func nesterov(w, v, g []float32, lr, m, d float32) { nesterovPortable(w, v, g, lr, m, d) }
