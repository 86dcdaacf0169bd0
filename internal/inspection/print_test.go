package inspection

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/image/draw"

	"github.com/nse-dev/nse/supernet/data"
)

// generated are images of the generated set.
func generated(t *testing.T, spec string, size int) []*image.RGBA {
	t.Helper()
	_, images, err := data.Inspect(t.Context(), spec, data.Options{Seed: 1, Size: size},
		func(v data.View) *image.RGBA { return v.Seen() })
	if err != nil {
		t.Fatal(err)
	}
	return images
}

// likeness is how far two fingerprints lie apart: in bits of the hash, and in levels on average.
func likeness(f, g fingerprint) (apart int, levels float64) {
	for i, v := range f.small {
		levels += math.Abs(float64(v)-float64(g.small[i])) / float64(len(f.small))
	}
	return bits.OnesCount64(f.hash ^ g.hash), levels
}

func alike(f, g fingerprint) bool {
	apart, levels := likeness(f, g)
	return apart <= maxBits && levels <= maxLevel
}

// A picture that is encoded again, or scaled, looks alike.
func TestChangedCopiesAreAlike(t *testing.T) {
	scaled := func(by float64) func(m *image.RGBA) image.Image {
		return func(m *image.RGBA) image.Image {
			side := int(by * float64(m.Rect.Dx()))
			to := image.NewRGBA(image.Rect(0, 0, side, side))
			draw.BiLinear.Scale(to, to.Rect, m, m.Rect, draw.Src, nil)
			return to
		}
	}
	encoded := func(quality int) func(m *image.RGBA) image.Image {
		return func(m *image.RGBA) image.Image {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
				t.Fatal(err)
			}
			to, err := jpeg.Decode(&b)
			if err != nil {
				t.Fatal(err)
			}
			return to
		}
	}
	images := generated(t, "generated:180", 64)
	for name, change := range map[string]func(m *image.RGBA) image.Image{
		"half": scaled(0.5), "three quarters": scaled(0.75), "half as much again": scaled(1.5), "twice": scaled(2),
		"JPEG of quality 90": encoded(90), "JPEG of quality 75": encoded(75), "JPEG of quality 50": encoded(50),
	} {
		missed := 0
		for _, m := range images {
			missed += one(!alike(fingerprintOf(m), fingerprintOf(change(m))))
		}
		if missed > len(images)/50 {
			t.Errorf("%s: %d of %d are not alike", name, missed, len(images))
		}
	}
}

// The channels of a picture give the same fingerprint however it is stored, to rounding.
func TestFingerprintsOfKinds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	colours, deep := image.NewRGBA(image.Rect(0, 0, 50, 37)), image.NewRGBA64(image.Rect(0, 0, 50, 37))
	grey, deepGrey := image.NewGray(colours.Rect), image.NewGray16(colours.Rect)
	ycc := image.NewYCbCr(colours.Rect, image.YCbCrSubsampleRatio444)
	for y := range 37 {
		for x := range 50 {
			c := color.RGBA{uint8(5 * x), uint8(6 * y), uint8(r.IntN(80)), 255}
			colours.SetRGBA(x, y, c)
			deep.Set(x, y, c)
			i := ycc.YOffset(x, y)
			ycc.Y[i], ycc.Cb[i], ycc.Cr[i] = color.RGBToYCbCr(c.R, c.G, c.B)
			grey.Set(x, y, c)
			deepGrey.Set(x, y, grey.GrayAt(x, y))
		}
	}
	want := fingerprintOf(colours)
	for _, m := range []image.Image{deep, ycc} {
		if apart, levels := likeness(want, fingerprintOf(m)); apart > 2 || levels > 1 {
			t.Errorf("%T: %d bits, %g levels", m, apart, levels)
		}
	}
	f, g := fingerprintOf(grey), fingerprintOf(deepGrey)
	if apart, levels := likeness(f, g); apart > 0 || levels > 0 {
		t.Errorf("16 bits: %d bits, %g levels", apart, levels)
	}
	if apart, _ := likeness(want, f); apart > 2 || f.small[64] != 128 || f.small[95] != 128 {
		t.Errorf("grey: %d bits, chroma %d and %d", apart, f.small[64], f.small[95])
	}
}

// Means of areas: of 64×64 pixels they are of 2×2, one pixel fills all cells, and half a pixel counts by half.
func TestShrink(t *testing.T) {
	p := plane{make([]uint8, 64*64), 64, 1, 64, 64}
	copy(p.pix, []uint8{10, 20, 0, 100})
	copy(p.pix[64:], []uint8{30, 40})
	if got := p.shrink(); got[0] != 25 || got[1] != 25 || got[2] != 0 {
		t.Errorf("means %v, want 25, 25 and 0", got[:3])
	}
	single := plane{[]uint8{0, 0, 7}, 3, 3, 1, 1}
	single.pix[0] = 9
	if got := single.shrink(); slices.Min(got) < 8.999 || slices.Max(got) > 9.001 {
		t.Errorf("a pixel: %v to %v, want 9", slices.Min(got), slices.Max(got))
	}
	wide := plane{make([]uint8, 48), 48, 1, 48, 1} // a cell is a pixel and a half
	copy(wide.pix, []uint8{30, 60, 90})
	if got := wide.shrink(); math.Abs(got[0]-40) > 1e-9 || math.Abs(got[1]-80) > 1e-9 {
		t.Errorf("means %v, want 40 and 80", got[:2])
	}
}

// Flat pictures have no hash, and pictures of one colour are known, up to what JPEG makes of them.
func TestFlat(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 40, 40))
	for i := range m.Pix {
		m.Pix[i] = uint8(200 + i%5)
	}
	if f := fingerprintOf(m); f.hash != 0 || !f.plain {
		t.Errorf("hash %x, of one colour: %v", f.hash, f.plain)
	}
	m.Pix[777] = 210
	if f := fingerprintOf(m); f.hash != 0 || f.plain {
		t.Errorf("with a speck: hash %x, of one colour: %v", f.hash, f.plain)
	}
	for i := range m.Pix[:800] {
		m.Pix[i] = 20
	}
	if f := fingerprintOf(m); bits.OnesCount64(f.hash) != 32 || f.plain {
		t.Errorf("in halves: hash %x, of one colour: %v", f.hash, f.plain)
	}
	colours := image.NewRGBA(image.Rect(0, 0, 9, 9))
	for i := range colours.Pix {
		colours.Pix[i] = []uint8{0, 0, 0, 255}[i%4]
	}
	if !fingerprintOf(colours).plain {
		t.Error("black is not of one colour")
	}
	colours.Pix[2] = 200 // blue
	if fingerprintOf(colours).plain {
		t.Error("a blue pixel on black is of one colour")
	}
}
