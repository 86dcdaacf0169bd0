//go:build !noasm

package kernel

// The structs that the assembly takes by a pointer. It reads them at the offsets that the generator finds in this file,
// and writes nothing into them. Distances are in bytes. A nil coef is no normalisation.

// tileCall is a tile, or several one below the other, of a product.
type tileCall struct {
	blocks, taps, k int      // tiles, taps, products of a tap
	a               *float32 // first coefficient
	am, ak, at      int      // from one row of c, product, tap to the next
	b               *float32 // first row
	bk, bt          int      // from one product, tap to the next
	c               *float32
	cm              int // from one row to the next
	tail            int // columns of the last vector
	add             int // 1 to add to c, 0 to set it
	coef            *float32
	cs              int // from one vector of coefficients to the next
	floor           float32
}

// correlateCall is some neighbouring outputs of every line of a correlation.
type correlateCall struct {
	lines      int      // of the outputs
	runs       *int     // the run of each line: tap, src, count
	x          *float32 // first input that exists, on line 0
	xp, xl, xr int      // from one input, line, line of the same run to the next
	w          *float32 // first tap of line 0 of the kernel
	wr         int      // from the taps of one line of a run to the next
	dst        *float32
	dp, dl     int // from one output, line to the next
	lo, hi     int // inputs lo to hi − 1 of those that the outputs see exist
	count      int // outputs
	tail       int // channels
	add        int // 1 to add to the outputs, 0 to set them
	coef       *float32
	cs         int // from one vector of coefficients to the next
	floor      float32
}
