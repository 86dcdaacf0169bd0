package augment

import (
	"math/rand/v2"

	"github.com/nse-dev/nse/internal/setting"
)

// Jitter is torchvision's ColorJitter: each change by a factor of its own, in random order. The zero value changes
// nothing.
type Jitter struct {
	// Brightness b multiplies pixels by a factor drawn from 1−b..1+b.
	Brightness float64 `toml:"brightness" json:"brightness"`
	// Contrast c multiplies the distance from the image's mean grey by a factor drawn from 1−c..1+c.
	Contrast float64 `toml:"contrast" json:"contrast"`
	// Saturation s multiplies the distance from each pixel's grey by a factor drawn from 1−s..1+s; grey images stay.
	Saturation float64 `toml:"saturation" json:"saturation"`
	// Hue h turns colours by a part of the circle drawn from −h..h; grey images stay.
	Hue float64 `toml:"hue" json:"hue"`
}

// Validate reports the first value that is out of range, as a *setting.Error.
func (j Jitter) Validate() error {
	for _, f := range []struct {
		name        string
		value, most float64
	}{{"brightness", j.Brightness, 1}, {"contrast", j.Contrast, 1}, {"saturation", j.Saturation, 1},
		{"hue", j.Hue, 0.5}} {
		if !(f.value >= 0 && f.value <= f.most) {
			return setting.Errorf(f.name, f.value, "want 0 to %g", f.most)
		}
	}
	return nil
}

// Apply changes an image at random.
func (j Jitter) Apply(m Image, r *rand.Rand) {
	changes := []struct {
		amount, middle float64
		apply          func(factor float64)
	}{{j.Brightness, 1, m.brightness}, {j.Contrast, 1, m.contrast}, {j.Saturation, 1, m.saturation}, {j.Hue, 0, m.hue}}
	for _, i := range r.Perm(len(changes)) {
		if c := changes[i]; c.amount > 0 {
			c.apply(c.middle + float64(c.amount*(2*r.Float64()-1)))
		}
	}
}
