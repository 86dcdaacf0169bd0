package data

import (
	"image"

	"golang.org/x/image/draw"
)

// resize returns the set with images that will be drawn at size × size; 0 keeps them. Their digests are of what they
// were.
func (set *Set) resize(size int) *Set {
	for _, s := range []*Split{&set.Train, &set.Test} {
		s.Digests = digests(s.Images)
	}
	if size == 0 || set.Height == size && set.Width == size {
		return set
	}
	resized := *set
	resized.Height, resized.Width = size, size
	square := min(set.Height, set.Width)
	scaler := draw.BiLinear.NewScaler(size, size, square, square)
	all := set.All()
	resized.drawing = set.copying(func(dst []uint8, i int) {
		scale(dst, size, set.Channels, set.image(all, i), scaler)
	})
	return &resized
}

// image returns image i of a split of the set.
func (set *Set) image(s Split, i int) image.Image {
	bounds := image.Rect(0, 0, set.Width, set.Height)
	each := set.Width * set.Height * set.Channels
	pixels := s.Images[i]
	if set.Channels == 1 {
		return &image.Gray{Pix: pixels, Stride: set.Width, Rect: bounds}
	}
	m := image.NewRGBA(bounds)
	for p := 0; 3*p < each; p++ {
		copy(m.Pix[4*p:4*p+3], pixels[3*p:])
		m.Pix[4*p+3] = 255
	}
	return m
}

// scale writes the largest central square of m to dst [size, size, channels].
func scale(dst []uint8, size, channels int, m image.Image, with draw.Scaler) {
	b := m.Bounds()
	side := min(b.Dx(), b.Dy())
	corner := b.Min.Add(image.Pt((b.Dx()-side)/2, (b.Dy()-side)/2))
	square := image.Rectangle{corner, corner.Add(image.Pt(side, side))}
	to := image.NewRGBA(image.Rect(0, 0, size, size))
	with.Scale(to, to.Rect, m, square, draw.Src, nil)
	for p := range size * size {
		copy(dst[p*channels:(p+1)*channels], to.Pix[4*p:])
	}
}
