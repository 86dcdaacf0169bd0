package augment

import (
	"image"
	"math"
	"math/rand/v2"

	"github.com/nse-dev/nse/internal/resample"
)

// affine gives pixel (x, y) the nearest one to (a₀x + a₁y + a₂, a₃x + a₄y + a₅), where the centre of the first pixel is
// (½, ½). What lies outside is black. Coordinates are rounded to 1/65536, as Pillow does.
func (m Image) affine(a [6]float64) {
	fixed := func(v float64) int { return int(math.Floor(v*65536 + 0.5)) }
	was := append([]uint8(nil), m.Pix...)
	clear(m.Pix)
	left, top := fixed(a[2]+a[0]*0.5+a[1]*0.5), fixed(a[5]+a[3]*0.5+a[4]*0.5)
	right := [2]int{fixed(a[0]), fixed(a[3])} // by one pixel
	down := [2]int{fixed(a[1]), fixed(a[4])}
	for y := range m.Height {
		for x := range m.Width {
			sx, sy := (left+x*right[0]+y*down[0])>>16, (top+x*right[1]+y*down[1])>>16
			if sx >= 0 && sx < m.Width && sy >= 0 && sy < m.Height {
				copy(m.Pix[(y*m.Width+x)*m.Channels:][:m.Channels], was[(sy*m.Width+sx)*m.Channels:])
			}
		}
	}
}

// shearX moves each row by so much more than the one above it.
func (m Image) shearX(by float64) { m.affine([6]float64{1, by, 0, 0, 1, 0}) }

// shearY moves each column by so much more than the one to its left.
func (m Image) shearY(by float64) { m.affine([6]float64{1, 0, 0, by, 1, 0}) }

// translate moves the image to the right and down by whole pixels.
func (m Image) translate(x, y int) { m.affine([6]float64{1, 0, -float64(x), 0, 1, -float64(y)}) }

// rotate turns the image around its centre by an angle in degrees, to the left.
func (m Image) rotate(angle float64) {
	sin, cos := math.Sincos(-angle * math.Pi / 180)
	x, y := float64(m.Width)/2, float64(m.Height)/2
	m.affine([6]float64{cos, sin, x - float64(cos*x) - float64(sin*y), -sin, cos, y + float64(sin*x) - float64(cos*y)})
}

// The area that RandomResizedCrop keeps, and the ratio of its width to its height.
const (
	leastArea, mostArea   = 0.08, 1.0
	leastRatio, mostRatio = 3.0 / 4, 4.0 / 3
)

// ResizedCrop is a random rectangle of the image, scaled to height × width. It has 8 to 100 % of the area, and a ratio
// of 3/4 to 4/3, as RandomResizedCrop draws them.
func (m Image) ResizedCrop(height, width int, r *rand.Rand) Image {
	return m.scaled(m.rectangle(r), height, width)
}

// scaled is a part of the image, scaled to height × width.
func (m Image) scaled(part image.Rectangle, height, width int) Image {
	to := Image{make([]uint8, height*width*m.Channels), height, width, m.Channels}
	row := func(dst []uint8, x, y int) {
		copy(dst, m.Pix[((part.Min.Y+y)*m.Width+part.Min.X+x)*m.Channels:])
	}
	resample.Source{Width: part.Dx(), Height: part.Dy(), Channels: m.Channels, Row: row}.
		Bilinear(to.Pix, width, height, image.Rect(0, 0, width, height))
	return to
}

// rectangle is what ResizedCrop keeps. One that does not fit is drawn again, ten times at most. After that it is the
// largest in the middle that has such a ratio.
func (m Image) rectangle(r *rand.Rand) image.Rectangle {
	for range 10 {
		area := float64(m.Height*m.Width) * (leastArea + float64((mostArea-leastArea)*r.Float64()))
		ratio := math.Exp(math.Log(leastRatio) + float64((math.Log(mostRatio)-math.Log(leastRatio))*r.Float64()))
		w, h := whole(math.Sqrt(area*ratio)), whole(math.Sqrt(area/ratio))
		if w > 0 && w <= m.Width && h > 0 && h <= m.Height {
			top, left := r.IntN(m.Height-h+1), r.IntN(m.Width-w+1)
			return image.Rect(left, top, left+w, top+h)
		}
	}
	w := min(m.Width, whole(float64(m.Height)*mostRatio))
	h := min(m.Height, whole(float64(m.Width)/leastRatio))
	top, left := (m.Height-h)/2, (m.Width-w)/2
	return image.Rect(left, top, left+w, top+h)
}

// whole rounds to the nearest number, and halves to the even one.
func whole(v float64) int { return int(math.RoundToEven(v)) }
