package kernel

import (
	"slices"
	"testing"
)

// A scale is its formula, with the same bits on any number of workers and with results over their operands.
func TestScale(t *testing.T) {
	const c, rows = 19, 333
	x, dy, weight := ramp(rows*c, 7), ramp(rows*c, 5), ramp(c, 3)
	sums := make([]float64, c)
	for i, v := range x {
		sums[i%c] += float64(v) * float64(dy[i])
	}
	var first []float32
	for _, workers := range []int{1, 3} {
		p := NewPool(workers)
		y, dx, dweight := slices.Clone(x), slices.Clone(dy), make([]float32, c)
		Weigh(p, y, y, weight)
		WeighBackward(p, dx, dweight, x, weight, dx)
		p.Close()
		for i := range x {
			if y[i] != x[i]*weight[i%c] || dx[i] != dy[i]*weight[i%c] {
				t.Fatalf("element %d is %g with gradient %g", i, y[i], dx[i])
			}
		}
		for i, v := range dweight {
			close32(t, "dweight", v, sums[i])
		}
		if first == nil {
			first = dweight
		}
		if !slices.Equal(dweight, first) {
			t.Error("sums of 3 workers are others")
		}
	}
}
