package kernel

import (
	"math"
	"slices"
	"testing"
)

// Softmax and its gradient are their formulas in float64, over more than one shard, with the same bits on any number of
// workers.
func TestSoftmax(t *testing.T) {
	for _, c := range []int{1, 2, 19, 64} {
		rows := 2*chunk/c + 3
		x, dy := ramp(rows*c, 7), ramp(rows*c, 5)
		for i := range x {
			x[i] *= 8
		}
		var first [2][]float32
		for _, workers := range []int{1, 3} {
			p := NewPool(workers)
			y, dx := slices.Clone(x), slices.Clone(dy)
			Softmax(p, y, y, c)
			SoftmaxBackward(p, dx, y, dx, c)
			p.Close()
			if workers == 1 {
				first = [2][]float32{y, dx}
			} else if !slices.Equal(y, first[0]) || !slices.Equal(dx, first[1]) {
				t.Fatalf("%d channels: 3 workers have other bits than one", c)
			}
		}
		for r := range rows {
			var sum, slope float64
			for _, v := range x[r*c : (r+1)*c] {
				sum += math.Exp(float64(v))
			}
			for i, v := range x[r*c : (r+1)*c] {
				slope += math.Exp(float64(v)) / sum * float64(dy[r*c+i])
			}
			for i, v := range x[r*c : (r+1)*c] {
				want, y := math.Exp(float64(v))/sum, float64(first[0][r*c+i])
				if math.Abs(y-want) > 4e-6*want { // small ones too: x − max is rounded
					t.Fatalf("the softmax of %g is %g, want %g", v, y, want)
				}
				close32(t, "dx", first[1][r*c+i], want*(float64(dy[r*c+i])-slope))
			}
		}
	}
}

// Great numbers overflow nothing. A row with NaN or +Inf, or with nothing but −Inf, is NaN, as in PyTorch, and harms no
// other row.
func TestSoftmaxExtremes(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{3e38, 0, 3e38, -3e38, -3e38, -3e38, 1, nan, 2, inf, 1, 2, -inf, 0, 0, -inf, -inf, -inf, 0, -87, 0}
	p := NewPool(1)
	defer p.Close()
	y := slices.Clone(x)
	Softmax(p, y, y, 3)
	third := float32(1. / 3)
	want := []float32{.5, 0, .5, third, third, third, nan, nan, nan, nan, nan, nan, 0, .5, .5, nan, nan, nan, .5, 0, .5}
	for i, v := range want {
		if isNaN(v) != isNaN(y[i]) || math.Abs(float64(v-y[i])) > 1e-7 {
			t.Errorf("element %d, %g, is %g, want %g", i, x[i], y[i], v)
		}
	}
}
