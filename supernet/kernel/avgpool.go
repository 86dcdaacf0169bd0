package kernel

// AvgPoolForward takes the mean of each window of x [n, H, W, C] to dst [n, OH, OW, C]. Padding is not counted:
//
//	dst[h, w, c] = Σ x[h·s + i − p, w·s + j − p, c]/(positions inside the image)
func AvgPoolForward(p *Pool, dst, x []float32, n int, w Window) {
	w.check(x, dst, n)
	oh, ow := w.OutSize()
	p.Run(n*oh, func(line int) {
		w.line(line, func(y, q int, first bool) {
			if first {
				clear(dst[y : y+w.C])
			}
			add(dst[y:y+w.C], dst[y:y+w.C], x[q:q+w.C])
		})
		for v := range ow {
			y := dst[(line*ow+v)*w.C:][:w.C]
			scale(y, y, 1/float32(w.inside(line%oh, v)))
		}
	})
}

// AvgPoolBackward spreads each output's gradient evenly over the positions of its window inside the image:
//
//	dx[h·s + i − p, w·s + j − p, c] += dy[h, w, c]/(positions inside the image)
func AvgPoolBackward(p *Pool, dx, dy []float32, n int, w Window) {
	w.check(dx, dy, n)
	oh, ow := w.OutSize()
	image := w.H * w.W * w.C
	p.Run(n, func(b int) {
		clear(dx[b*image : (b+1)*image])
		for line := b * oh; line < (b+1)*oh; line++ {
			w.line(line, func(y, q int, _ bool) {
				s := 1 / float32(w.inside(line%oh, y/w.C%ow))
				axpy(dx[q:q+w.C], dy[y:y+w.C], s)
			})
		}
	})
}

// inside is the number of positions of a window that lie in the image.
func (w Window) inside(h, v int) int {
	top, bottom := clip(h, w.Kernel[0], w.Stride[0], w.Pad[0], w.H)
	left, right := clip(v, w.Kernel[1], w.Stride[1], w.Pad[1], w.W)
	return (bottom - top) * (right - left)
}

// GlobalAvgPoolForward sets dst[b, i] = Σ x[b, q, i]/hw for n images of hw pixels and c channels. Sums are in float64.
func GlobalAvgPoolForward(p *Pool, dst, x []float32, n, hw, c int) {
	need(x, n*hw*c)
	need(dst, n*c)
	over(p, parts{n, 1}, globalAvgPool{dst, x, p.scratch64(n * c), hw, c})
}

type globalAvgPool struct {
	dst, x []float32
	sums   []float64
	hw, c  int
}

func (w *globalAvgPool) do(image, _ int) {
	size := w.hw * w.c
	sum := w.sums[image*w.c : (image+1)*w.c]
	sumRows(sum, w.x[image*size:(image+1)*size])
	for i, v := range sum {
		w.dst[image*w.c+i] = float32(v / float64(w.hw))
	}
}

// GlobalAvgPoolBackward sets dx[b, q, i] = dy[b, i]/hw.
func GlobalAvgPoolBackward(p *Pool, dx, dy []float32, n, hw, c int) {
	need(dx, n*hw*c)
	need(dy, n*c)
	over(p, parts{n, 1}, globalAvgPoolGradient{dx, dy, hw, c})
}

type globalAvgPoolGradient struct {
	dx, dy []float32
	hw, c  int
}

func (w *globalAvgPoolGradient) do(image, _ int) {
	size := w.hw * w.c
	dx, dy := w.dx[image*size:(image+1)*size], w.dy[image*w.c:(image+1)*w.c]
	for r := 0; r < size; r += w.c {
		scale(dx[r:r+w.c], dy, 1/float32(w.hw))
	}
}
