package kernel

import (
	"fmt"
	"slices"
	"testing"
)

// Bias and gradient are plain loops over all pairs of pixels, with the same bits on any number of workers.
func TestPositionBias(t *testing.T) {
	for _, b := range []PositionBias{{1, 1, 3}, {2, 3, 1}, {5, 4, 2}, {1, 9, 2}} {
		t.Run(fmt.Sprint(b), func(t *testing.T) {
			pixels, n := b.H*b.W, 150
			size := pixels * b.Heads * pixels
			x, dy, table := ramp(n*size, 7), ramp(n*size, 5), ramp(b.Heads*(2*b.H-1)*(2*b.W-1), 3)
			want, wantTable := make([]float32, len(x)), make([]float64, len(table))
			for i := range x {
				p, h, q := i/(b.Heads*pixels)%pixels, i/pixels%b.Heads, i%pixels
				y, column := p/b.W-q/b.W+b.H-1, p%b.W-q%b.W+b.W-1
				at := (h*(2*b.H-1)+y)*(2*b.W-1) + column
				want[i] = x[i] + table[at]
				wantTable[at] += float64(dy[i])
			}
			var first []float32
			for _, workers := range []int{1, 3} {
				p := NewPool(workers)
				y, dtable := slices.Clone(x), ramp(len(table), 1)
				b.Forward(p, y, y, table)
				b.Backward(p, dtable, dy)
				p.Close()
				if !slices.Equal(y, want) {
					t.Errorf("%d workers: scores differ", workers)
				}
				if workers == 1 {
					first = dtable
				} else if !slices.Equal(dtable, first) {
					t.Error("3 workers have other bits than one")
				}
			}
			for i, v := range wantTable {
				close32(t, "the gradient of the table", first[i], v)
			}
		})
	}
}
