package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// The three products are plain loops in float64, for sizes that fill no tiles, with the same bits on any number of
// workers.
func TestMatMul(t *testing.T) {
	for _, m := range []MatMul{{1, 1, 1, 1, 1}, {6, 4, 2, 3, 0.5}, {50, 35, 3, 17, 0.25}, {7, 64, 1, 33, 1}} {
		t.Run(fmt.Sprint(m), func(t *testing.T) {
			const n = 3
			s, a := ramp(n*m.Rows*m.Heads*m.Cols, 7), ramp(n*m.Rows*m.Heads*m.Width, 5)
			b := ramp(n*m.Cols*m.Heads*m.Width, 3)
			wantS, wantA, wantB := make([]float64, len(s)), make([]float64, len(a)), make([]float64, len(b))
			for i := range n * m.Heads {
				image, h := i/m.Heads, i%m.Heads
				for r := range m.Rows {
					for c := range m.Cols {
						for d := range m.Width {
							at := ((image*m.Rows+r)*m.Heads+h)*m.Cols + c
							from := ((image*m.Rows+r)*m.Heads+h)*m.Width + d
							to := ((image*m.Cols+c)*m.Heads+h)*m.Width + d
							wantS[at] += float64(m.Scale) * float64(a[from]) * float64(b[to])
							wantA[from] += float64(m.Scale) * float64(s[at]) * float64(b[to])
							wantB[to] += float64(m.Scale) * float64(s[at]) * float64(a[from])
						}
					}
				}
			}
			var first [3][]float32
			for _, workers := range []int{1, 4} {
				p := NewPool(workers)
				got := [3][]float32{ramp(len(s), 1), ramp(len(a), 1), ramp(len(b), 1)}
				m.Scores(p, got[0], a, b, n)
				m.Weigh(p, got[1], s, b, n)
				m.Gather(p, got[2], s, a, n)
				p.Close()
				if workers == 1 {
					first = got
				} else if !slices.EqualFunc(got[:], first[:], slices.Equal[[]float32]) {
					t.Error("4 workers have other bits than one")
				}
			}
			for i, want := range [][]float64{wantS, wantA, wantB} {
				for j, v := range want {
					close32(t, []string{"a score", "a weighted sum", "a gathered sum"}[i], first[i][j], v)
				}
			}
		})
	}
}

// Every product stays within its image and head: a NaN in one reaches no other.
func TestMatMulApart(t *testing.T) {
	m, n := MatMul{Rows: 5, Cols: 3, Heads: 2, Width: 4, Scale: 0.5}, 2
	s, a, b := ramp(n*m.Rows*m.Heads*m.Cols, 7), ramp(n*m.Rows*m.Heads*m.Width, 5), ramp(n*m.Cols*m.Heads*m.Width, 3)
	b[m.Width+1] = float32(math.NaN()) // image 0, pixel 0, head 1
	p := NewPool(2)
	defer p.Close()
	scores, sums := make([]float32, len(s)), make([]float32, len(a))
	m.Scores(p, scores, a, b, n)
	m.Weigh(p, sums, s, b, n)
	for i, v := range scores {
		if in := i < m.Rows*m.Heads*m.Cols && i/m.Cols%m.Heads == 1 && i%m.Cols == 0; isNaN(v) != in {
			t.Errorf("score %d is %g", i, v)
		}
	}
	for i, v := range sums {
		if in := i < m.Rows*m.Heads*m.Width && i/m.Width%m.Heads == 1 && i%m.Width == 1; isNaN(v) != in {
			t.Errorf("sum %d is %g", i, v)
		}
	}
}
