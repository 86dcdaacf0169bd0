package kernel

import "math"

// MaxPoolForward takes the greatest value of each window of x [n, H, W, C] to dst [n, OH, OW, C]. Padding is skipped. A
// NaN in the window wins:
//
//	dst[h, w, c] = max x[h·s + i − p, w·s + j − p, c]
func MaxPoolForward(p *Pool, dst, x []float32, n int, w Window) {
	w.check(x, dst, n)
	oh, _ := w.OutSize()
	p.Run(n*oh, func(line int) {
		w.line(line, func(y, q int, first bool) { maxRow(dst[y:y+w.C], x[q:q+w.C], first) })
	})
}

// MaxPoolBackward gives each output's gradient to the first greatest value of its window in scan order. y is
// MaxPoolForward(x). If y is NaN, the first NaN gets the gradient:
//
//	dx[first position in the window of (h, w, c) with x = y] += dy[h, w, c]
func MaxPoolBackward(p *Pool, dx, x, y, dy []float32, n int, w Window) {
	w.check(x, dy, n)
	need(dx, len(x))
	need(y, len(dy))
	oh, _ := w.OutSize()
	image := w.H * w.W * w.C
	taken := p.scratch32(n * w.C)
	p.Run(n, func(b int) {
		clear(dx[b*image : (b+1)*image])
		t := taken[b*w.C : (b+1)*w.C]
		for line := b * oh; line < (b+1)*oh; line++ {
			w.line(line, func(o, q int, first bool) {
				if first {
					clear(t)
				}
				maxRowBackward(dx[q:q+w.C], t, x[q:q+w.C], y[o:o+w.C], dy[o:o+w.C])
			})
		}
	})
}

// line visits the windows of one line of outputs in scan order. Lines are counted over the images. visit gets the
// offset of the output pixel, the offset of an input pixel in its window, and whether that is the window's first.
func (w Window) line(line int, visit func(y, x int, first bool)) {
	oh, ow := w.OutSize()
	b, h := line/oh, line%oh
	top, bottom := clip(h, w.Kernel[0], w.Stride[0], w.Pad[0], w.H)
	for v := range ow {
		left, right := clip(v, w.Kernel[1], w.Stride[1], w.Pad[1], w.W)
		for i := top; i < bottom; i++ {
			for j := left; j < right; j++ {
				visit((line*ow+v)*w.C, ((b*w.H+i)*w.W+j)*w.C, i == top && j == left)
			}
		}
	}
}

func maxRow(dst, x []float32, first bool) {
	if first {
		copy(dst, x)
		return
	}
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = max(dst[i], x[i])
	}
}

// maxRowBackward adds dy[i] to dx[i] where x[i] is the maximum y[i] and taken[i] is 0, and sets taken[i].
func maxRowBackward(dx, taken, x, y, dy []float32) {
	n := len(dx)
	taken, x, y, dy = taken[:n], x[:n], y[:n], dy[:n]
	for i := range dx {
		if taken[i] == 0 && (x[i] == y[i] || isNaN(x[i])) {
			dx[i] += dy[i]
			taken[i] = 1
		}
	}
}

func isNaN(x float32) bool { return math.Float32bits(x)<<1 > 0xff<<24 }
