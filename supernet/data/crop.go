package data

import (
	"image"
	"math"

	"github.com/nse-dev/nse/internal/resample"
	"github.com/nse-dev/nse/internal/setting"
)

// fit writes m to dst [size, size, 3] as torchvision's Resize(size) and CenterCrop(size) do: the shorter side is scaled
// to size, and what is too long is cut off at both ends.
func fit(dst []uint8, m image.Image, size int) {
	whole := scaled(m.Bounds(), size)
	at := centre(whole.X, whole.Y, size, size)
	resample.RGB(m).Bilinear(dst, whole.X, whole.Y, image.Rectangle{at, at.Add(image.Pt(size, size))})
}

// crop has networks see a square of an image, 0 all of it. One that images do not have is a *setting.Error.
func (set *Set) crop(side int) error {
	most := min(set.Height, set.Width)
	switch {
	case side != 0 && set.Height != set.Width:
		return setting.Errorf("data.crop", side, "images have %d×%d pixels: want a data.size, which makes them square",
			set.Height, set.Width)
	case side != 0 && (side < minSize || side > most):
		return setting.Errorf("data.crop", side, "images have %d×%d pixels: want %d to %d, or a larger data.size",
			set.Height, set.Width, minSize, most)
	}
	set.Crop = side
	return nil
}

// scaled are the sides of an image whose shorter one becomes size.
func scaled(of image.Rectangle, size int) image.Point {
	w, h := of.Dx(), of.Dy()
	if w <= h {
		return image.Pt(size, size*h/w)
	}
	return image.Pt(size*w/h, size)
}

// centre is the upper left corner of w × h pixels in the middle of width × height ones, as CenterCrop has it.
func centre(width, height, w, h int) image.Point {
	half := func(n int) int { return int(math.RoundToEven(float64(n) / 2)) }
	return image.Pt(half(width-w), half(height-h))
}
