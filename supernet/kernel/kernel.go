// Package kernel computes over float32 slices, forward and backward: convolutions, batch normalisation, activations,
// pooling, the loss and the optimizer.
//
// Activations are dense, [N, H, W, C]. Convolution weights are [KH, KW, C/Groups, Out]. Slices need no alignment. A
// destination may be an operand only where its function says so, and never overlaps one in part.
//
// Work is split over a [Pool] in shards. Their number follows from the shapes alone, and partial sums are added in the
// order of the shards. So results are equal to the bit for any number of workers. NaN and Inf in the operands reach the
// result as in the loop that documents a function.
//
// Backward functions overwrite their results. A slice whose length contradicts the shape is a programmer's mistake and
// panics.
package kernel

const (
	badLength   = "kernel: the length of a slice contradicts the shape"
	badGeometry = "kernel: impossible geometry"
	badRate     = "kernel: drop rate is not at least 0 and below 1"
	badLabel    = "kernel: label is not a class"
	poolInUse   = "kernel: Pool.Run inside or beside another Run of the same Pool"
	poolClosed  = "kernel: Pool.Run after Close"
	unknownAct  = "kernel: unknown activation"
)

// need panics unless x has the length n.
func need(x []float32, n int) {
	if len(x) != n {
		panic(badLength)
	}
}

// rowsOf is the number of rows of c channels in x. It panics if there is a rest.
func rowsOf(x []float32, c int) int {
	if c < 1 || len(x)%c != 0 {
		panic(badLength)
	}
	return len(x) / c
}

// ceilDiv is ⌈a/b⌉ for a ≥ 0.
func ceilDiv(a, b int) int { return (a + b - 1) / b }
