package kernel

import (
	"fmt"
	"slices"
	"testing"
)

// Transposed convolutions and their gradients scatter what the definition says, for strides that leave gaps too, with
// the same bits on any number of workers.
func TestTransposed(t *testing.T) {
	for _, c := range []struct{ h, w, channels, kernel, stride, pad, more int }{
		{3, 4, 5, 2, 2, 0, 0}, {4, 3, 19, 3, 2, 1, 1}, {5, 5, 16, 4, 2, 1, 0}, {1, 2, 33, 5, 2, 2, 1},
		{4, 2, 3, 2, 3, 1, 2}, {3, 3, 1, 1, 2, 0, 1}, {6, 7, 8, 3, 1, 0, 0},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			const n = 30
			side := func(n int) int { return (n-1)*c.stride - 2*c.pad + c.kernel + c.more }
			square := func(n int) [2]int { return [2]int{n, n} }
			k := NewConvolution(Conv{H: side(c.h), W: side(c.w), C: c.channels, Out: c.channels,
				Kernel: square(c.kernel), Stride: square(c.stride), Pad: square(c.pad), Dilation: square(1),
				Groups: c.channels})
			x, dy := ramp(n*c.h*c.w*c.channels, 7), ramp(n*k.H*k.W*c.channels, 5)
			w := ramp(c.kernel*c.kernel*c.channels, 3)
			wantY, wantX, wantW := make([]float64, len(dy)), make([]float64, len(x)), make([]float64, len(w))
			for i, v := range x {
				channel, px, py, image := i%c.channels, i/c.channels%c.w, i/c.channels/c.w%c.h, i/c.channels/c.w/c.h
				for tap := range c.kernel * c.kernel {
					y, x := py*c.stride+tap/c.kernel-c.pad, px*c.stride+tap%c.kernel-c.pad
					if y < 0 || y >= k.H || x < 0 || x >= k.W {
						continue
					}
					to, at := ((image*k.H+y)*k.W+x)*c.channels+channel, tap*c.channels+channel
					wantY[to] += float64(v) * float64(w[at])
					wantX[i] += float64(dy[to]) * float64(w[at])
					wantW[at] += float64(dy[to]) * float64(v)
				}
			}
			var first [3][]float32
			for _, workers := range []int{1, 3} {
				p := NewPool(workers)
				got := [3][]float32{ramp(len(dy), 1), ramp(len(x), 1), ramp(len(w), 1)}
				k.Transposed(p, got[0], x, w, n)
				k.TransposedBackward(p, got[1], got[2], x, w, dy, n)
				k.TransposedBackward(p, nil, nil, x, w, dy, n)
				p.Close()
				if workers == 1 {
					first = got
				} else if !slices.EqualFunc(got[:], first[:], slices.Equal[[]float32]) {
					t.Error("3 workers have other bits than one")
				}
			}
			for i, want := range [][]float64{wantY, wantX, wantW} {
				for j, v := range want {
					close32(t, []string{"y", "dx", "dw"}[i], first[i][j], v)
				}
			}
		})
	}
}
