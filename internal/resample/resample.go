// Package resample scales images as Pillow's Image.resize does with its bilinear filter, to the bit. The filter is as
// wide as a pixel of the result, so that scaling down does not alias. torchvision's Resize scales likewise.
package resample

import (
	"image"
	"image/draw"
	"math"
)

// Source is an image of bytes that is read a row at a time.
type Source struct {
	Width, Height, Channels int
	// Row writes pixels of row y, from column x on, to dst [pixels, Channels].
	Row func(dst []uint8, x, y int)
}

// RGB reads an opaque image as three channels. It is for one goroutine.
func RGB(m image.Image) Source {
	b := m.Bounds()
	var line *image.RGBA // as long as what is read of a row
	row := func(dst []uint8, x, y int) {
		if line == nil || len(line.Pix) < len(dst)/3*4 {
			line = image.NewRGBA(image.Rect(0, 0, len(dst)/3, 1))
		}
		draw.Draw(line, image.Rect(0, 0, len(dst)/3, 1), m, b.Min.Add(image.Pt(x, y)), draw.Src)
		for i := range len(dst) / 3 {
			copy(dst[3*i:3*i+3], line.Pix[4*i:])
		}
	}
	return Source{b.Dx(), b.Dy(), 3, row}
}

// Bilinear writes a window of the source scaled to width × height, to dst [window.Dy(), window.Dx(), Channels]. The
// window is in pixels of the scaled image, and lies within it.
func (s Source) Bilinear(dst []uint8, width, height int, window image.Rectangle) {
	across := taps(s.Width, width, window.Min.X, window.Max.X)
	down := taps(s.Height, height, window.Min.Y, window.Max.Y)
	left, right := span(across)
	top, bottom := span(down)
	row := make([]uint8, (right-left)*s.Channels)
	each := window.Dx() * s.Channels
	scaled := make([]uint8, (bottom-top)*each)
	for y := top; y < bottom; y++ {
		s.Row(row, left, y)
		shrink(scaled[(y-top)*each:][:each], row, across, left, s.Channels)
	}
	for i, t := range down {
		stack(dst[i*each:][:each], scaled[(t.from-top)*each:], t.weights)
	}
}

// tap is what one pixel of the result takes from a row or column: from a first pixel on, with these weights.
type tap struct {
	from    int
	weights []int32 // in units of 1/2^bits; their sum is about 1
}

const bits = 22

// taps are those of the pixels from..to of n pixels that are scaled to size.
func taps(n, size, from, to int) []tap {
	scale := float64(n) / float64(size)
	support := max(scale, 1)
	list := make([]tap, 0, to-from)
	for i := from; i < to; i++ {
		center := float64((float64(i) + 0.5) * scale) // rounded: no fused operations
		first, last := max(int(center-support+0.5), 0), min(int(center+support+0.5), n)
		triangle, sum := make([]float64, last-first), 0.0
		for j := range triangle {
			triangle[j] = max(0, 1-math.Abs((float64(first+j)-center+0.5)*(1/support)))
			sum += triangle[j]
		}
		t := tap{first, make([]int32, len(triangle))}
		for j, w := range triangle {
			t.weights[j] = int32(0.5 + float64(w/sum*(1<<bits)))
		}
		list = append(list, t)
	}
	return list
}

// span is the range of pixels that taps take from.
func span(list []tap) (from, to int) {
	last := list[len(list)-1]
	return list[0].from, last.from + len(last.weights)
}

// shrink scales a row, whose first pixel is at left.
func shrink(dst, row []uint8, list []tap, left, channels int) {
	for i, t := range list {
		in := row[(t.from-left)*channels:]
		for c := range channels {
			sum := int32(1 << (bits - 1))
			for j, w := range t.weights {
				sum += int32(in[j*channels+c]) * w
			}
			dst[i*channels+c] = clip(sum)
		}
	}
}

// stack is the weighted sum of rows, which follow each other.
func stack(dst, rows []uint8, weights []int32) {
	for i := range dst {
		sum := int32(1 << (bits - 1))
		for j, w := range weights {
			sum += int32(rows[j*len(dst)+i]) * w
		}
		dst[i] = clip(sum)
	}
}

func clip(sum int32) uint8 { return uint8(min(max(sum>>bits, 0), 255)) }
