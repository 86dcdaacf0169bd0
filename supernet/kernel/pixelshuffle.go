package kernel

// PixelShuffle is the correspondence of a small image [H, W, C·Factor²] and a large one [H·Factor, W·Factor, C]:
//
//	large[h·Factor + i, w·Factor + j, c] = small[h, w, c·Factor² + i·Factor + j]
type PixelShuffle struct{ W, C, Factor int }

// Forward sets the large images from small ones. They must not overlap.
func (s PixelShuffle) Forward(p *Pool, large, small []float32) { s.over(p, large, small, true) }

// Backward sets the small images from large ones, which is the gradient of Forward too.
func (s PixelShuffle) Backward(p *Pool, small, large []float32) { s.over(p, large, small, false) }

func (s PixelShuffle) over(p *Pool, large, small []float32, up bool) {
	need(large, len(small))
	pixels := rowsOf(small, s.C*s.Factor*s.Factor)
	over(p, rowChunks(pixels, s.C*s.Factor*s.Factor), rearrangement{s, large, small, up})
}

type rearrangement struct {
	PixelShuffle
	large, small []float32
	up           bool // from small to large
}

// do takes pixels of the small images. Every one is a square of the large images, whose lines are W·Factor long.
func (w *rearrangement) do(from, to int) {
	f, size := w.Factor, w.C*w.Factor*w.Factor
	for pixel := from; pixel < to; pixel++ {
		small := w.small[pixel*size : (pixel+1)*size]
		for i := range f {
			large := w.large[((pixel/w.W*f+i)*w.W*f+pixel%w.W*f)*w.C:][:f*w.C]
			for at := range large {
				from := at%w.C*f*f + i*f + at/w.C
				if w.up {
					large[at] = small[from]
				} else {
					small[from] = large[at]
				}
			}
		}
	}
}
