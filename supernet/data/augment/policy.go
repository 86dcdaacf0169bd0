package augment

import (
	"cmp"
	"math"
	"math/rand/v2"

	"github.com/nse-dev/nse/internal/setting"
)

// Policy chooses operations at random. The zero value chooses none.
type Policy struct {
	// Name is the policy that changes shape and colours at random: "trivial" is TrivialAugment Wide (Müller and Hutter,
	// 2021), "rand" is RandAugment (Cubuk et al., 2020), and "" is none. What enters is black.
	Name string `toml:"policy" json:"policy,omitempty"`
	// Ops is the number of operations that "rand" applies to an image; 0 is 2.
	Ops int `toml:"policy_ops" json:"policy_ops,omitempty"`
	// Magnitude is how strong the operations of "rand" are, 1 to 30; 0 is 9.
	Magnitude int `toml:"policy_magnitude" json:"policy_magnitude,omitempty"`
}

// The policies, and what is usual of RandAugment.
const (
	trivial, random    = "trivial", "rand"
	usualOps, usualBin = 2, 9
	mostOps, mostBin   = 14, 30 // as many operations as there are
)

// Validate reports the first value that is out of range, as a *setting.Error.
func (p Policy) Validate() error {
	switch {
	case p.Name != "" && p.Name != trivial && p.Name != random:
		return setting.Errorf("policy", p.Name, "want %s, %s or nothing", trivial, random)
	case p.Ops < 0 || p.Ops > mostOps:
		return setting.Errorf("policy_ops", p.Ops, "want 0 (which is %d) to %d", usualOps, mostOps)
	case p.Magnitude < 0 || p.Magnitude > mostBin:
		return setting.Errorf("policy_magnitude", p.Magnitude, "want 0 (which is %d) to %d", usualBin, mostBin)
	case p.Ops > 0 && p.Name != random:
		return setting.Errorf("policy_ops", p.Ops, "want policy = %q, which alone has it", random)
	case p.Magnitude > 0 && p.Name != random:
		return setting.Errorf("policy_magnitude", p.Magnitude, "want policy = %q, which alone has it", random)
	}
	return nil
}

// Apply changes an image at random.
func (p Policy) Apply(m Image, r *rand.Rand) {
	switch p.Name {
	case trivial:
		apply(m, wide, r.IntN(mostBin+1), r)
	case random:
		narrow := strength{0.3, float32(150.0 / 331 * float64(m.Width)), float32(150.0 / 331 * float64(m.Height)), 30,
			0.9, 4}
		for range cmp.Or(p.Ops, usualOps) {
			apply(m, narrow, cmp.Or(p.Magnitude, usualBin), r)
		}
	}
}

// strength is how far the operations of a policy go at most.
type strength struct {
	shear, across, down, angle, enhance float32
	bits                                float64 // that posterize drops
}

// wide is the strength of TrivialAugment Wide.
var wide = strength{0.99, 32, 32, 135, 0.99, 6}

// apply applies one of the operations. The bin is how strong it is, 0 to mostBin.
func apply(m Image, s strength, bin int, r *rand.Rand) {
	op := operations[r.IntN(len(operations))]
	sign := 1.0
	if op.signed && r.IntN(2) == 1 {
		sign = -1
	}
	op.apply(m, s, bin, sign)
}

// operation is one of those that policies choose from.
type operation struct {
	name   string
	signed bool // half of the time, the sign is −1
	apply  func(m Image, s strength, bin int, sign float64)
}

// operations are those of both policies.
var operations = []operation{
	{"Identity", false, func(Image, strength, int, float64) {}},
	{"ShearX", true, func(m Image, s strength, bin int, sign float64) { m.shearX(sign * linspace(s.shear, bin)) }},
	{"ShearY", true, func(m Image, s strength, bin int, sign float64) { m.shearY(sign * linspace(s.shear, bin)) }},
	{"TranslateX", true, func(m Image, s strength, bin int, sign float64) {
		m.translate(int(sign*linspace(s.across, bin)), 0)
	}},
	{"TranslateY", true, func(m Image, s strength, bin int, sign float64) {
		m.translate(0, int(sign*linspace(s.down, bin)))
	}},
	{"Rotate", true, func(m Image, s strength, bin int, sign float64) { m.rotate(sign * linspace(s.angle, bin)) }},
	{"Brightness", true, enhance(Image.brightness)},
	{"Color", true, enhance(Image.saturation)},
	{"Contrast", true, enhance(Image.contrast)},
	{"Sharpness", true, enhance(Image.sharpness)},
	{"Posterize", false, func(m Image, s strength, bin int, _ float64) {
		m.posterize(8 - int(math.RoundToEven(float64(bin)/(mostBin/s.bits))))
	}},
	{"Solarize", false, func(m Image, _ strength, bin int, _ float64) { m.solarize(255 - linspace(255, bin)) }},
	{"AutoContrast", false, func(m Image, _ strength, _ int, _ float64) { m.autoContrast() }},
	{"Equalize", false, func(m Image, _ strength, _ int, _ float64) { m.equalize() }},
}

// enhance goes from the factor 1 up or down.
func enhance(by func(m Image, factor float64)) func(m Image, s strength, bin int, sign float64) {
	return func(m Image, s strength, bin int, sign float64) { by(m, 1+sign*linspace(s.enhance, bin)) }
}

// linspace is value bin of torch.linspace(0, most, mostBin+1), whose halves are counted from their ends.
func linspace(most float32, bin int) float64 {
	step := most / mostBin
	if bin <= mostBin/2-1 {
		return float64(step * float32(bin))
	}
	return float64(most - float32(step*float32(mostBin-bin)))
}
