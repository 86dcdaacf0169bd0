package augment

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nse-dev/nse/internal/setting"
)

func clone(m Image) Image {
	m.Pix = slices.Clone(m.Pix)
	return m
}

// What Pillow 9.4 makes of the part: Image.crop, and then Image.resize with BILINEAR.
func TestScaledPartIsThatOfPillow(t *testing.T) {
	want := []uint8{150, 156, 145, 152, 142, 119, 124, 114, 110, 109, 115, 163, 133, 137, 123, 148, 139, 117,
		131, 133, 127, 120, 148, 122, 111, 117, 106, 147, 137, 114, 137, 150, 116, 132, 109, 94}
	if got := numbered(13, 9, 3).scaled(image.Rect(3, 2, 10, 7), 3, 4); !slices.Equal(got.Pix, want) {
		t.Errorf("got %v, want %v", got.Pix, want)
	}
}

// Rectangles have the areas and ratios of RandomResizedCrop, and are anywhere in the image.
func TestRectangle(t *testing.T) {
	m := Image{Height: 100, Width: 120, Channels: 1}
	r := rand.New(rand.NewPCG(1, 2))
	var areas, ratios []float64
	var union image.Rectangle
	for range 2000 {
		at := m.rectangle(r)
		if !at.In(image.Rect(0, 0, 120, 100)) {
			t.Fatalf("%v is outside", at)
		}
		union = union.Union(at)
		areas = append(areas, float64(at.Dx()*at.Dy())/12000)
		ratios = append(ratios, float64(at.Dx())/float64(at.Dy()))
	}
	if union != image.Rect(0, 0, 120, 100) {
		t.Errorf("they cover %v", union)
	}
	if least, most := slices.Min(areas), slices.Max(areas); least < 0.077 || least > 0.1 || most < 0.9 {
		t.Errorf("areas of %g to %g", least, most)
	}
	least, most := slices.Min(ratios), slices.Max(ratios)
	if least < 0.73 || least > 0.77 || most < 1.3 || most > 1.37 {
		t.Errorf("ratios of %g to %g", least, most)
	}
}

// No rectangle of 8 % of a long image has a ratio of 4/3 or less: the middle is taken.
func TestRectangleOfALongImage(t *testing.T) {
	for _, c := range []struct {
		width, height int
		want          image.Rectangle
	}{{300, 10, image.Rect(143, 0, 156, 10)}, {10, 300, image.Rect(0, 143, 10, 156)}} {
		m := Image{Height: c.height, Width: c.width, Channels: 1}
		if got := m.rectangle(rand.New(rand.NewPCG(1, 2))); got != c.want {
			t.Errorf("%d × %d: got %v, want %v", c.width, c.height, got, c.want)
		}
	}
}

func TestResizedCropLeavesTheImage(t *testing.T) {
	m := numbered(12, 10, 3)
	was := clone(m)
	got := m.ResizedCrop(5, 7, rand.New(rand.NewPCG(1, 2)))
	if got.Height != 5 || got.Width != 7 || len(got.Pix) != 5*7*3 || !slices.Equal(m.Pix, was.Pix) {
		t.Errorf("got %d × %d, %d bytes", got.Height, got.Width, len(got.Pix))
	}
}

// The values are those of torch.linspace(0, most, 31).
func TestLinspace(t *testing.T) {
	for _, c := range []struct {
		most float32
		bin  int
		want float64
	}{{0.99, 0, 0}, {0.99, 30, 0.99}, {0.99, 10, 0.33}, {32, 15, 16}, {135, 20, 90}, {30, 9, 9}, {255, 1, 8.5}} {
		if got := linspace(c.most, c.bin); math.Abs(got-c.want) > 2e-6*c.want {
			t.Errorf("bin %d of %g: got %v, want %g", c.bin, c.most, got, c.want)
		}
	}
}

// outcomes maps what a single operation makes of an image to the name of the operation; outcomes of several have none.
func outcomes(m Image, s strength, bins ...int) map[string]string {
	of := map[string]string{}
	for _, op := range operations {
		for _, bin := range bins {
			for _, sign := range []float64{1, -1}[:1+btoi(op.signed)] {
				c := clone(m)
				op.apply(c, s, bin, sign)
				if was, known := of[string(c.Pix)]; known && was != op.name {
					of[string(c.Pix)] = ""
				} else {
					of[string(c.Pix)] = op.name
				}
			}
		}
	}
	return of
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A policy draws each operation as often as others, at the strengths that it has, and no others.
func TestPoliciesDrawOperations(t *testing.T) {
	m := numbered(40, 30, 3)
	for i, v := range m.Pix {
		m.Pix[i] = v/2 + 70 // so that there is contrast to gain, and light to invert
	}
	var all []int
	for bin := range 31 {
		all = append(all, bin)
	}
	narrow := strength{0.3, 150. / 331 * 40, 150. / 331 * 30, 30, 0.9, 4}
	for _, c := range []struct {
		policy Policy
		of     map[string]string
		rare   map[string]bool // many of its outcomes are those of others too
	}{
		{Policy{Name: "trivial"}, outcomes(m, wide, all...), map[string]bool{"Identity": true, "Posterize": true}},
		{Policy{Name: "rand", Ops: 1}, outcomes(m, narrow, 9), nil},
		{Policy{Name: "rand", Ops: 1, Magnitude: 30}, outcomes(m, narrow, 30), nil},
	} {
		count := map[string]int{}
		r := rand.New(rand.NewPCG(3, 4))
		for range 1400 {
			got := clone(m)
			c.policy.Apply(got, r)
			name, known := c.of[string(got.Pix)]
			if !known {
				t.Fatalf("%v makes what no operation does", c.policy)
			}
			count[name]++
		}
		for _, op := range operations {
			if n := count[op.name]; !c.rare[op.name] && (n < 55 || n > 155) {
				t.Errorf("%v: %s comes %d times in 1400, want about 100", c.policy, op.name, n)
			}
		}
	}
}

// RandAugment applies two operations of magnitude 9 if nothing else is said.
func TestRandAugmentByDefault(t *testing.T) {
	m := numbered(20, 20, 3)
	usual, said := clone(m), clone(m)
	Policy{Name: "rand"}.Apply(usual, rand.New(rand.NewPCG(7, 9)))
	Policy{Name: "rand", Ops: 2, Magnitude: 9}.Apply(said, rand.New(rand.NewPCG(7, 9)))
	if !slices.Equal(usual.Pix, said.Pix) || slices.Equal(usual.Pix, m.Pix) {
		t.Error("2 operations of magnitude 9 differ from the default, or change nothing")
	}
	none := clone(m)
	Policy{}.Apply(none, rand.New(rand.NewPCG(7, 9)))
	if !slices.Equal(none.Pix, m.Pix) {
		t.Error("no policy changes the image")
	}
}

func TestPolicyValidate(t *testing.T) {
	for want, p := range map[string]Policy{
		`policy = "auto": want trivial, rand or nothing`:                 {Name: "auto"},
		`policy_ops = 15: want 0 (which is 2) to 14`:                     {Name: "rand", Ops: 15},
		`policy_magnitude = 31: want 0 (which is 9) to 30`:               {Name: "rand", Magnitude: 31},
		`policy_ops = 1: want policy = "rand", which alone has it`:       {Name: "trivial", Ops: 1},
		`policy_magnitude = 5: want policy = "rand", which alone has it`: {Magnitude: 5},
	} {
		if err := p.Validate(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, p := range []Policy{{}, {Name: "trivial"}, {"rand", 14, 30}} {
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// drawn are the values that the first pixel of m has after n jitters.
func drawn(j Jitter, m Image, n int) (first []uint8) {
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		c := clone(m)
		j.Apply(c, r)
		first = append(first, c.Pix[0])
	}
	return first
}

// The factors reach from 1−b to 1+b. Pixels 100 and 200 have the mean 150, and (120, 60, 60) has the grey 78.
func TestJitterDrawsFactors(t *testing.T) {
	grey := Image{[]uint8{100, 200}, 1, 2, 1}
	red := Image{[]uint8{120, 60, 60}, 1, 1, 3}
	for _, c := range []struct {
		jitter      Jitter
		of          Image
		least, most uint8
	}{
		{Jitter{}, grey, 100, 100},
		{Jitter{Brightness: 0.5}, grey, 50, 150},
		{Jitter{Contrast: 0.5}, grey, 75, 125},
		{Jitter{Saturation: 1, Hue: 0.5}, grey, 100, 100},
		{Jitter{Saturation: 0.5}, red, 99, 141},
		{Jitter{Hue: 0.5}, red, 60, 120},
	} {
		got := drawn(c.jitter, c.of, 400)
		least, most := slices.Min(got), slices.Max(got)
		if least < c.least || most > c.most || int(least)-int(c.least) > 2 || int(c.most)-int(most) > 2 {
			t.Errorf("%+v: values from %d to %d, want %d to %d", c.jitter, least, most, c.least, c.most)
		}
	}
}

// The contrast of (0, 255) after a brightness above 1 differs from that before it: both orders come.
func TestJitterHasAllOrders(t *testing.T) {
	orders := map[bool]int{}
	for i := range uint64(200) {
		m := Image{[]uint8{10, 250}, 1, 2, 1}
		Jitter{Brightness: 1, Contrast: 1}.Apply(m, rand.New(rand.NewPCG(i, 2)))
		r := rand.New(rand.NewPCG(i, 2))
		r.Perm(4)
		first, second := 2*r.Float64(), 2*r.Float64()
		want := Image{[]uint8{10, 250}, 1, 2, 1}
		want.brightness(first)
		want.contrast(second)
		orders[slices.Equal(m.Pix, want.Pix)]++
	}
	if orders[true] < 60 || orders[false] < 60 {
		t.Errorf("brightness comes first %d times of 200", orders[true])
	}
}

func TestJitterValidate(t *testing.T) {
	for want, j := range map[string]Jitter{
		"jitter.brightness = 1.5: want 0 to 1": {Brightness: 1.5},
		"jitter.contrast = -1: want 0 to 1":    {Contrast: -1},
		"jitter.saturation = NaN: want 0 to 1": {Saturation: math.NaN()},
		"jitter.hue = 0.6: want 0 to 0.5":      {Hue: 0.6},
	} {
		if err := setting.In("jitter", j.Validate()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := (Jitter{1, 1, 1, 0.5}).Validate(); err != nil {
		t.Error(err)
	}
}
