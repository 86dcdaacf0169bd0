package kernel

import (
	"math"
	"slices"
	"testing"
)

// A leaky rectifier and its gradient by hand, over more than one shard, in place, and at 0, −0, NaN and infinities.
func TestLeakyReLU(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := append([]float32{2, -4, 0, inf, -inf, nan}, ramp(3*chunk+5, 7)...)
	for _, workers := range []int{1, 3} {
		p := NewPool(workers)
		y, dx := slices.Clone(x), ramp(len(x), 3)
		dy := slices.Clone(dx)
		LeakyReLU(p, y, y, 0.25)
		LeakyReLUBackward(p, dx, x, dx, 0.25)
		p.Close()
		want := []float32{2, -1, 0, inf, -inf, nan}
		for i, v := range x {
			slope := float32(0.25)
			if v > 0 {
				slope = 1
			}
			if i >= len(want) {
				want = append(want, v*slope)
			}
			if !equalBits(y[i], want[i]) && !(isNaN(y[i]) && isNaN(want[i])) {
				t.Fatalf("%d workers: %g becomes %g, want %g", workers, v, y[i], want[i])
			}
			if dx[i] != dy[i]*slope {
				t.Fatalf("%d workers: the gradient at %g is %g of %g, want %g of it", workers, v, dx[i], dy[i], slope)
			}
		}
	}
}
