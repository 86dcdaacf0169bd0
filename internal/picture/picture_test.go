package picture

import (
	"image"
	"image/color"
	"math/rand/v2"
	"strings"
	"testing"
)

// The fixtures are 32×32 pixels: red, green, blue and yellow quarters. With alpha, the upper right quarter is half
// transparent and the lower right one entirely.
func TestFormatsDecode(t *testing.T) {
	colours := [4][3]uint8{{200, 30, 40}, {40, 160, 60}, {50, 70, 180}, {230, 220, 90}}
	composed := [4][3]uint8{{200, 30, 40}, {70, 110, 40}, {50, 70, 180}, {100, 60, 20}}
	greys := [4][3]uint8{{82, 82, 82}, {113, 113, 113}, {77, 77, 77}, {208, 208, 208}}
	squares := [4][3]uint8{{0, 0, 0}, {255, 255, 255}, {255, 255, 255}, {0, 0, 0}}
	for _, c := range []struct {
		file, format string
		want         [4][3]uint8
		off          int
		grey         bool
	}{
		{"420.jpg", "JPEG", colours, 4, false}, {"422.jpg", "JPEG", colours, 4, false},
		{"444.jpg", "JPEG", colours, 4, false}, {"progressive.jpg", "JPEG", colours, 4, false},
		{"grey.jpg", "JPEG", greys, 2, true}, {"cmyk.jpg", "JPEG", colours, 3, false},
		{"lossy.webp", "WebP", colours, 6, false}, {"lossless.webp", "WebP", colours, 0, false},
		{"lossy-alpha.webp", "WebP", composed, 6, false}, {"lossless-alpha.webp", "WebP", composed, 1, false},
		{"animated.webp", "WebP", composed, 1, false}, {"palette.gif", "GIF", colours, 0, false},
		{"group3.tif", "TIFF", squares, 0, true}, {"group4.tif", "TIFF", squares, 0, true},
		{"jpeg.tif", "TIFF", colours, 4, false}, {"lzw.tif", "TIFF", colours, 0, false},
		{"cmyk.tif", "TIFF", colours, 1, false},
	} {
		t.Run(c.file, func(t *testing.T) {
			p := decoded(t, fixture(t, "quarters-"+c.file), brown)
			if p.Format != c.format || p.Width != 32 || p.Height != 32 || p.Grey != c.grey {
				t.Errorf("%+v, grey %v; want %s, grey %v", p.Header, p.Grey, c.format, c.grey)
			}
			if transparent := strings.Contains(c.file, "alpha") || c.file == "animated.webp"; p.Alpha != transparent {
				t.Errorf("alpha %v, want %v", p.Alpha, transparent)
			}
			for y := range 32 {
				for x := range 32 {
					if border := (x+4)%16 < 8 || (y+4)%16 < 8; !border || c.off <= 1 {
						near(t, at(p.Image, x, y), c.want[y/16*2+x/16], c.off, x, y)
					}
				}
			}
		})
	}
}

func near(t *testing.T, got, want [3]uint8, off, x, y int) {
	t.Helper()
	for i := range got {
		if d := int(got[i]) - int(want[i]); d < -off || d > off {
			t.Fatalf("pixel %d, %d is %v, want %v", x, y, got, want)
		}
	}
}

// Grey with alpha stays grey over a grey background alone.
func TestGreyWithAlpha(t *testing.T) {
	b := fixture(t, "quarters-la.tif")
	for _, c := range []struct {
		background color.RGBA
		grey       bool
		want       [4][3]uint8
	}{
		{color.RGBA{R: 100, G: 100, B: 100}, true,
			[4][3]uint8{{82, 82, 82}, {107, 107, 107}, {77, 77, 77}, {100, 100, 100}}},
		{brown, false, [4][3]uint8{{82, 82, 82}, {107, 87, 67}, {77, 77, 77}, {100, 60, 20}}},
	} {
		p := decoded(t, b, c.background)
		if _, grey := p.Image.(*image.Gray); p.Grey != c.grey || grey != c.grey || !p.Alpha {
			t.Errorf("over %v: grey %v, alpha %v, %T", c.background, p.Grey, p.Alpha, p.Image)
		}
		for i, want := range c.want {
			near(t, at(p.Image, i%2*16+8, i/2*16+8), want, 0, i%2, i/2)
		}
	}
}

// Composition rounds to the nearest level. The values are those of (c*a + 100*(255-a))/255.
func TestCompose(t *testing.T) {
	for _, c := range []struct{ colour, alpha, want uint8 }{
		{200, 255, 200}, {200, 0, 100}, {200, 128, 150}, {0, 128, 50}, {255, 1, 101}, {0, 1, 100}, {0, 2, 99}, {255,
			254, 254},
	} {
		m := image.NewNRGBA(image.Rect(0, 0, 1, 1))
		m.SetNRGBA(0, 0, color.NRGBA{c.colour, c.colour, c.colour, c.alpha})
		p := decoded(t, encodePNG(t, m), color.RGBA{R: 100, G: 100, B: 100})
		if got := at(p.Image, 0, 0)[0]; got != c.want {
			t.Errorf("%d with alpha %d over 100 is %d, want %d", c.colour, c.alpha, got, c.want)
		}
	}
}

// Images that need no work are passed on: their 16 bits stay.
func TestSixteenBitsStay(t *testing.T) {
	grey, colour := image.NewGray16(image.Rect(0, 0, 2, 1)), image.NewNRGBA64(image.Rect(0, 0, 2, 1))
	grey.SetGray16(1, 0, color.Gray16{0x1234})
	colour.SetNRGBA64(0, 0, color.NRGBA64{0x1234, 0x5678, 0x9abc, 0xffff})
	colour.SetNRGBA64(1, 0, color.NRGBA64{1, 2, 3, 0xffff})
	p := decoded(t, encodePNG(t, grey), white)
	if m, ok := p.Image.(*image.Gray16); !ok || m.Gray16At(1, 0).Y != 0x1234 || !p.Grey {
		t.Errorf("%T, grey %v: want 16 bits of grey", p.Image, p.Grey)
	}
	p = decoded(t, encodePNG(t, colour), white)
	if m, ok := p.Image.(*image.RGBA64); !ok || m.RGBA64At(0, 0) != (color.RGBA64{0x1234, 0x5678, 0x9abc, 0xffff}) {
		t.Errorf("%T %v: want 16 bits of colour", p.Image, p.Image.At(0, 0))
	}
	colour.SetNRGBA64(1, 0, color.NRGBA64{0x12ff, 0x5600, 0x9a80, 0x0000}) // something to compose
	p = decoded(t, encodePNG(t, colour), white)
	near(t, at(p.Image, 0, 0), [3]uint8{0x12, 0x56, 0x9a}, 0, 0, 0)
	near(t, at(p.Image, 1, 0), [3]uint8{255, 255, 255}, 0, 1, 0)
}

func TestUnknownFilesAreNamed(t *testing.T) {
	for _, c := range []struct{ head, want string }{
		{"", "an empty file"},
		{"<!DOCTYPE html><title>404</title>", "HTML text, not an image"},
		{"\xef\xbb\xbf\n <HTML>", "HTML text"},
		{"<?xml version='1.0'?><svg xmlns='x'/>", "an SVG drawing"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a Git LFS pointer"},
		{`{"error": "not found"}`, "JSON text"},
		{"bonjour été", "text, not an image"},
		{"bonjour \xc3", "text, not an image"},
		{"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC image, which is not supported"},
		{"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "AVIF image"},
		{"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isomavc1", "MP4 or QuickTime video"},
		{"\xff\x0a\x00\x00", "JPEG XL image"},
		{"8BPS\x00\x01", "Photoshop document"},
		{"%PDF-1.7", "PDF document"},
		{"PK\x03\x04\x14\x00", "ZIP archive"},
		{"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X", "AppleDouble file of macOS"},
		{strings.Repeat("\x00", 600), "zero bytes"},
		{"\x01\x02\x03\x04\xfe\xff\xfe\xff\x00", "no known format, begins with 01 02 03 04 fe ff fe ff"},
		{"BMW is a maker of cars", "text, not an image"},
		{"RIFF\x00\x00\x00\x00WAVEfmt \x00", "no known format, begins with 52 49 46 46"},
	} {
		if format, err := Format([]byte(c.head)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.20q is %s, %v; want %s", c.head, format, err, c.want)
		} else if c.head != "" && !strings.HasSuffix(err.Error(), "want PNG, JPEG, WebP, BMP, GIF or TIFF") {
			t.Errorf("%v: want what would be right", err)
		}
	}
	if f, err := Format(fixture(t, "quarters-lossy.webp")[:16]); f != "WebP" || err != nil {
		t.Errorf("a head of 16 bytes is %s, %v; want WebP", f, err)
	}
}

// A file that ends early is an error, wherever it ends. What follows the picture may be missing.
func TestFilesThatEndEarly(t *testing.T) {
	for name, b := range samples(t) {
		for cut := range len(b) {
			p, err := Decode(b[:cut], white)
			whole := len(b) * 3 / 4
			if name == "quarters-animated.webp" {
				whole = len(b) / 2 // the second frame may be missing
			}
			if cut < whole && err == nil {
				t.Fatalf("%s: %d of %d bytes make a picture %+v", name, cut, len(b), p.Header)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\n") {
				t.Fatalf("%s, %d bytes: %q is no line", name, cut, err)
			}
		}
	}
	_, err := Decode(fixture(t, "quarters-420.jpg")[:600], white)
	if err == nil || err.Error() != "JPEG: the file ends early" {
		t.Errorf("a photo that ends early: %v", err)
	}
}

// Damage is an error or a picture of the declared size, never more.
func TestDamagedFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, b := range samples(t) {
		for range 200 {
			damaged := append([]byte(nil), b...)
			for range 1 + r.IntN(4) {
				damaged[r.IntN(len(b))] = byte(r.IntN(256))
			}
			if h, err := ReadHeader(damaged); err != nil || h.Width*h.Height > 1<<20 {
				continue
			}
			if _, err := Decode(damaged, white); err == nil {
				t.Run(name, func(t *testing.T) { decoded(t, damaged, white) })
			}
		}
	}
}
