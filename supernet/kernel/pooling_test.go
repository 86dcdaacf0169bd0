package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func drawWindow(t *rapid.T) (w Window, n int) {
	w.C = rapid.IntRange(1, 20).Draw(t, "C")
	size := [2]*int{&w.H, &w.W}
	for i := range size {
		w.Kernel[i] = rapid.IntRange(1, 5).Draw(t, "kernel")
		w.Stride[i] = rapid.IntRange(1, 4).Draw(t, "stride")
		w.Pad[i] = rapid.IntRange(0, w.Kernel[i]/2).Draw(t, "pad")
		*size[i] = max(w.Kernel[i]-2*w.Pad[i], 1) + rapid.IntRange(0, 8).Draw(t, "size")
	}
	return w, rapid.IntRange(1, 5).Draw(t, "n")
}

// windows calls f with each output offset and the offsets of the inputs in its window, in scan order.
func (w Window) windows(n int, f func(y int, xs []int)) {
	oh, ow := w.OutSize()
	for y := range n * oh * ow * w.C {
		b, h, v, c := y/w.C/ow/oh, y/w.C/ow%oh, y/w.C%ow, y%w.C
		var xs []int
		for i := range w.Kernel[0] {
			for j := range w.Kernel[1] {
				xh, xv := h*w.Stride[0]-w.Pad[0]+i, v*w.Stride[1]-w.Pad[1]+j
				if xh >= 0 && xh < w.H && xv >= 0 && xv < w.W {
					xs = append(xs, ((b*w.H+xh)*w.W+xv)*w.C+c)
				}
			}
		}
		f(y, xs)
	}
}

func TestMaxPool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, n := drawWindow(t)
		r := drawRand(t)
		oh, ow := w.OutSize()
		x, dy := normals(r, n*w.H*w.W*w.C), normals(r, n*oh*ow*w.C)
		for i := range x {
			x[i] = float32(math.Round(float64(x[i]) * 2)) // ties
			if r.IntN(20) == 0 {
				x[i] = float32(math.NaN())
			}
		}
		got := onPools(t, func(p *Pool) [][]float32 {
			y, dx := garbage(len(dy)), garbage(len(x))
			MaxPoolForward(p, y, x, n, w)
			MaxPoolBackward(p, dx, x, y, dy, n, w)
			return [][]float32{y, dx}
		})
		dx := make([]float64, len(x))
		w.windows(n, func(y int, xs []int) {
			best := xs[0]
			for _, i := range xs[1:] {
				if !isNaN(x[best]) && (isNaN(x[i]) || x[i] > x[best]) {
					best = i
				}
			}
			if got[0][y] != x[best] && !(isNaN(got[0][y]) && isNaN(x[best])) {
				t.Fatalf("y[%d] = %g, want %g", y, got[0][y], x[best])
			}
			dx[best] += float64(dy[y])
		})
		near(t, "dx", got[1], dx, ones(len(dx)), 1e-5)
	})
}

func TestAvgPool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, n := drawWindow(t)
		r := drawRand(t)
		oh, ow := w.OutSize()
		x, dy := normals(r, n*w.H*w.W*w.C), normals(r, n*oh*ow*w.C)
		got := onPools(t, func(p *Pool) [][]float32 {
			y, dx := garbage(len(dy)), garbage(len(x))
			AvgPoolForward(p, y, x, n, w)
			AvgPoolBackward(p, dx, dy, n, w)
			return [][]float32{y, dx}
		})
		y, dx := make([]float64, len(dy)), make([]float64, len(x))
		w.windows(n, func(o int, xs []int) {
			for _, i := range xs {
				y[o] += float64(x[i]) / float64(len(xs))
				dx[i] += float64(dy[o]) / float64(len(xs))
			}
		})
		near(t, "y", got[0], y, ones(len(y)), 1e-6)
		near(t, "dx", got[1], dx, ones(len(dx)), 1e-5)
	})
}

func TestGlobalAvgPool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, hw := rapid.IntRange(1, 5).Draw(t, "n"), rapid.IntRange(1, 300).Draw(t, "hw")
		c := rapid.IntRange(1, 70).Draw(t, "c")
		r := drawRand(t)
		x, dy := normals(r, n*hw*c), normals(r, n*c)
		got := onPools(t, func(p *Pool) [][]float32 {
			y, dx := garbage(len(dy)), garbage(len(x))
			GlobalAvgPoolForward(p, y, x, n, hw, c)
			GlobalAvgPoolBackward(p, dx, dy, n, hw, c)
			return [][]float32{y, dx}
		})
		y, dx := make([]float64, len(dy)), make([]float64, len(x))
		for i, v := range x {
			o := i/c/hw*c + i%c
			y[o] += float64(v) / float64(hw)
			dx[i] = float64(dy[o]) / float64(hw)
		}
		near(t, "y", got[0], y, wider(y), 1e-7)
		near(t, "dx", got[1], dx, ones(len(dx)), 1e-6)
	})
}
