package kernel

import (
	"math"
	"slices"
	"testing"
)

// Mean, maximum and their gradients by hand: at equal maxima, infinities and NaN.
func TestChannelPoolByHand(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{1, 5, -3, 5, -1, -2, -1, -4, 2, -inf, 0, -inf, 1, nan, 3, 2}
	p := NewPool(1)
	defer p.Close()
	y, dx := make([]float32, 8), make([]float32, len(x))
	ChannelPool(p, y, x, 4)
	for i, want := range []float32{2, 5, -2, -1, -inf, 2, nan, nan} {
		if !equalBits(y[i], want) && !(isNaN(y[i]) && isNaN(want)) {
			t.Errorf("value %d is %g, want %g", i, y[i], want)
		}
	}
	ChannelPoolBackward(p, dx, x, []float32{4, 10, 8, 20, -4, 1, 0, 1}, 4)
	want := []float32{1, 11, 1, 1, 22, 2, 2, 2, 0, -1, -1, -1, 0, 1, 0, 0}
	if !slices.Equal(dx, want) {
		t.Errorf("the gradient is %v, want %v", dx, want)
	}
}

// Pooling and gating over more than one shard are their loops, with the same bits on any number of workers.
func TestChannelPoolAndGate(t *testing.T) {
	for _, c := range []int{1, 3, 35} {
		rows := 3*chunk/c + 5
		x, dy, gate := ramp(rows*c, 7), ramp(rows*c, 5), ramp(rows, 3)
		for _, workers := range []int{1, 3} {
			p := NewPool(workers)
			pooled, dgate, y := make([]float32, 2*rows), make([]float32, rows), slices.Clone(x)
			ChannelPool(p, pooled, x, c)
			GateGradient(p, dgate, x, dy, c)
			GatePixels(p, y, y, gate, c)
			p.Close()
			for r := range rows {
				row := x[r*c : (r+1)*c]
				var mean, product float64
				for i, v := range row {
					mean += float64(v) / float64(c)
					product += float64(v) * float64(dy[r*c+i])
					if y[r*c+i] != v*gate[r] {
						t.Fatalf("%g·%g is %g", v, gate[r], y[r*c+i])
					}
				}
				close32(t, "the mean", pooled[2*r], mean)
				close32(t, "the gradient of the gate", dgate[r], product)
				if pooled[2*r+1] != slices.Max(row) {
					t.Fatalf("the maximum of %v is %g", row, pooled[2*r+1])
				}
			}
		}
	}
}
