package data

import (
	"cmp"
	"math"
	"math/rand/v2"

	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/supernet/data/augment"
)

// Augment configures the random changes of training images. The zero value changes nothing.
type Augment struct {
	// CropPadding is the number of pixels by which an image is shifted at most, in each direction; what enters has the
	// mean colour.
	CropPadding int `toml:"crop_padding" json:"crop_padding"`
	// Flip mirrors half of the images horizontally.
	Flip bool `toml:"flip" json:"flip"`
	// Brightness b multiplies pixels by a factor drawn from 1−b..1+b.
	Brightness float64 `toml:"brightness" json:"brightness"`
	// Contrast c multiplies the distance from the image's mean grey by a factor drawn from 1−c..1+c.
	Contrast float64 `toml:"contrast" json:"contrast"`
	// Saturation s multiplies the distance from each pixel's grey by a factor drawn from 1−s..1+s; grey images stay.
	Saturation float64 `toml:"saturation" json:"saturation"`
	// Cutout is the side of the square, in pixels, that takes the mean colour around a random point.
	Cutout int `toml:"cutout" json:"cutout"`
	// Erase is the part of images in which a rectangle takes the mean colour (random erasing, Zhong et al., 2020). It
	// has 2 to 33 % of the area, and sides in a ratio of 0.3 to 3.3.
	Erase float64 `toml:"erase" json:"erase,omitempty"`
	// ResizedCrop takes a random part of 8 to 100 % of the image, in a ratio of 3/4 to 4/3, scaled to the size of the
	// input. crop_padding does not count then.
	ResizedCrop bool `toml:"resized_crop" json:"resized_crop,omitempty"`
	augment.Policy
	// Jitter changes colours as ColorJitter of torchvision does, after the policy, on pixels of 0 to 255.
	Jitter augment.Jitter `toml:"jitter" json:"jitter,omitzero"`
}

// Validate reports the first value that is out of range, as a *setting.Error.
func (a Augment) Validate() error {
	switch {
	case a.CropPadding < 0 || a.CropPadding > maxSize:
		return setting.Errorf("crop_padding", a.CropPadding, "want 0 to %d", maxSize)
	case a.Cutout < 0 || a.Cutout > maxSize:
		return setting.Errorf("cutout", a.Cutout, "want 0 to %d", maxSize)
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"brightness", a.Brightness}, {"contrast", a.Contrast}, {"saturation", a.Saturation}, {"erase", a.Erase}} {
		if !(f.value >= 0 && f.value <= 1) {
			return setting.Errorf(f.name, f.value, "want 0 to 1")
		}
	}
	return cmp.Or(a.Policy.Validate(), setting.In("jitter", a.Jitter.Validate()))
}

// bytes reports whether images change before they are normalised.
func (a Augment) bytes() bool {
	return a.ResizedCrop || a.Policy.Name != "" || a.Jitter != augment.Jitter{}
}

// colours reports whether pixels change their values.
func (a Augment) colours() bool { return a.Brightness > 0 || a.Contrast > 0 || a.Saturation > 0 }

// jitter changes brightness, contrast and saturation of x [pixels, channels] in 0..1, in this order.
func (a Augment) jitter(x []float32, channels int, r *rand.Rand) {
	factor := func(amount float64) float32 { return float32(1 + amount*(2*r.Float64()-1)) }
	brightness, contrast, saturation := factor(a.Brightness), factor(a.Contrast), factor(a.Saturation)
	for i := range x {
		x[i] = min(x[i]*brightness, 1)
	}
	mean := float32(0)
	for i := 0; i < len(x); i += channels {
		mean += grey(x[i : i+channels])
	}
	mean /= float32(len(x) / channels)
	for i := range x {
		x[i] = unit(mean + (x[i]-mean)*contrast)
	}
	for i := 0; i < len(x) && channels == 3; i += 3 {
		g := grey(x[i : i+3])
		for c := range 3 {
			x[i+c] = unit(g + (x[i+c]-g)*saturation)
		}
	}
}

// grey is the luma of a pixel (ITU-R BT.601).
func grey(x []float32) float32 {
	if len(x) == 1 {
		return x[0]
	}
	return 0.299*x[0] + 0.587*x[1] + 0.114*x[2]
}

func unit(x float32) float32 { return min(max(x, 0), 1) }

// field is an image [h, w, channels] of bytes or of normalised values.
type field[T uint8 | float32] struct {
	x    []T
	h, w int
}

// move writes a random part of an image to dst [h, w, channels], mirrored at random. The part reaches over the borders
// by CropPadding at most, and what enters has the values of fill [channels].
func move[T uint8 | float32](a Augment, dst, from field[T], fill []T, r *rand.Rand) {
	channels := len(fill)
	offset := func(n, of int) int { return r.IntN(n-of+2*a.CropPadding+1) - a.CropPadding }
	dy, dx := offset(from.h, dst.h), offset(from.w, dst.w)
	mirror := r.IntN(2) == 1 && a.Flip
	for y := range dst.h {
		for px := range dst.w {
			to := dst.x[(y*dst.w+px)*channels:][:channels]
			fromY, fromX := y+dy, px+dx
			if mirror {
				fromX = dst.w - 1 - px + dx
			}
			if fromY < 0 || fromY >= from.h || fromX < 0 || fromX >= from.w {
				copy(to, fill)
				continue
			}
			copy(to, from.x[(fromY*from.w+fromX)*channels:])
		}
	}
}

// cut sets a square around a random point of dst [h, w, channels] to 0.
func (a Augment) cut(dst []float32, h, w, channels int, r *rand.Rand) {
	if a.Cutout == 0 {
		return
	}
	top, left := r.IntN(h)-a.Cutout/2, r.IntN(w)-a.Cutout/2
	for y := max(top, 0); y < min(top+a.Cutout, h); y++ {
		for x := max(left, 0); x < min(left+a.Cutout, w); x++ {
			clear(dst[(y*w+x)*channels:][:channels])
		}
	}
}

// erase sets a rectangle of dst [h, w, channels] to 0, in the part a.Erase of images. Area, ratio and place are drawn
// as torchvision's RandomErasing draws them: a rectangle that is too large is drawn again, ten times at most.
func (a Augment) erase(dst []float32, h, w, channels int, r *rand.Rand) {
	if a.Erase == 0 || r.Float64() >= a.Erase {
		return
	}
	for range 10 {
		tall, wide := rectangle(float64(h*w)*(0.02+0.31*r.Float64()), r.Float64())
		if tall >= h || wide >= w {
			continue
		}
		top, left := r.IntN(h-tall+1), r.IntN(w-wide+1)
		for y := top; y < top+tall; y++ {
			clear(dst[(y*w+left)*channels:][:wide*channels])
		}
		return
	}
}

// rectangle has an area in pixels and a ratio of its sides from 0.3, at 0, to 3.3, at 1. Between them it grows
// exponentially.
func rectangle(area, at float64) (tall, wide int) {
	ratio := 0.3 * math.Pow(3.3/0.3, at)
	return int(math.RoundToEven(math.Sqrt(area * ratio))), int(math.RoundToEven(math.Sqrt(area / ratio)))
}
