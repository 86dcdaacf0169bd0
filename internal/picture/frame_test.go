package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"testing"
)

// gifFile is a GIF of two frames, the first of which is given, on a screen.
func gifFile(t *testing.T, first *image.Paletted, screen image.Point) []byte {
	t.Helper()
	second := image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.White, color.Black})
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{
		Image: []*image.Paletted{first, second}, Delay: []int{1, 1}, Disposal: []byte{0, 0},
		Config: image.Config{Width: 8, Height: 8},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	binary.LittleEndian.PutUint16(file[6:], uint16(screen.X))
	binary.LittleEndian.PutUint16(file[8:], uint16(screen.Y))
	return file
}

// The first frame of a GIF lies on its screen, which grows where it is too small. The background shows through.
func TestGIFFrames(t *testing.T) {
	frame := image.NewPaletted(image.Rect(2, 1, 4, 3), color.Palette{color.RGBA{9, 8, 7, 255}, color.RGBA{}})
	frame.Pix = []uint8{0, 1, 0, 0}
	for _, c := range []struct{ screen, size image.Point }{
		{image.Pt(6, 5), image.Pt(6, 5)}, {image.Pt(3, 1), image.Pt(4, 3)}, {image.Pt(0, 0), image.Pt(4, 3)},
	} {
		p := decoded(t, gifFile(t, frame, c.screen), brown)
		if p.Width != c.size.X || p.Height != c.size.Y || !p.Alpha || p.Grey {
			t.Fatalf("%+v, alpha %v, grey %v; want %v", p.Header, p.Alpha, p.Grey, c.size)
		}
		for y := range p.Height {
			for x := range p.Width {
				want := [3]uint8{100, 60, 20}
				if q := image.Pt(x, y); q.In(frame.Rect) && q != image.Pt(3, 1) {
					want = [3]uint8{9, 8, 7}
				}
				near(t, at(p.Image, x, y), want, 0, x, y)
			}
		}
	}
}

// A GIF whose colours are greys is grey; transparent ones do not count.
func TestGreyGIF(t *testing.T) {
	for _, c := range []struct {
		colour     color.Color
		background color.RGBA
		grey       bool
	}{
		{color.Gray{9}, brown, true}, {color.RGBA{R: 9, G: 9, B: 8, A: 255}, white, false},
		{color.RGBA{}, white, true}, {color.RGBA{}, brown, false},
	} {
		m := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.White, c.colour})
		m.Pix[1] = 1
		p := decoded(t, gifFile(t, m, image.Pt(2, 1)), c.background)
		if _, grey := p.Image.(*image.Gray); p.Grey != c.grey || grey != c.grey {
			t.Errorf("%v over %v: grey %v, %T", c.colour, c.background, p.Grey, p.Image)
		}
	}
}

// The default image of an animated PNG is read; what the frames hold is passed over.
func TestAnimatedPNG(t *testing.T) {
	still := encodePNG(t, noise(5, 4))
	b := withChunk(still, "acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0})
	end := len(b) - 12
	moving := append(append(bytes.Clone(b[:end]), withChunk(still, "fdAT", []byte{0, 0, 0, 1, 9, 9})[33:33+18]...),
		b[end:]...)
	p := decoded(t, moving, white)
	for i := range 20 {
		near(t, at(p.Image, i%5, i/5), at(noise(5, 4), i%5, i/5), 0, i%5, i/5)
	}
}

// A frame of an animated WebP lies where it says, and must lie on the canvas.
func TestWebPFrames(t *testing.T) {
	still := fixture(t, "letters.webp")[12:] // 24×16 pixels
	frame := append([]byte{2, 0, 0, 3, 0, 0, 23, 0, 0, 15, 0, 0, 100, 0, 0, 0}, still...)
	file := func(width, height byte) []byte {
		b := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00")
		b = append(b, width-1, 0, 0, height-1, 0, 0)
		b = append(binary.LittleEndian.AppendUint32(append(b, "ANMF"...), uint32(len(frame))), frame...)
		binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
		return b
	}
	p := decoded(t, file(30, 25), brown)
	if p.Width != 30 || p.Height != 25 || !p.Alpha {
		t.Fatalf("%+v, alpha %v", p.Header, p.Alpha)
	}
	for y := range 25 {
		for x := range 30 {
			want := [3]uint8{100, 60, 20}
			if q := image.Pt(x-4, y-6); q.In(image.Rect(0, 0, 24, 16)) {
				want = at(letters(8), q.X, q.Y)
			}
			near(t, at(p.Image, x, y), want, 0, x, y)
		}
	}
	if _, err := Decode(file(27, 25),
		brown); err == nil || err.Error() != "WebP: a frame that lies outside the canvas" {
		t.Errorf("a canvas of 27 pixels: %v", err)
	}
}

// Chroma is 3/4 of the nearer and 1/4 of the farther sample, in both directions. Edges repeat.
func TestChromaIsInterpolated(t *testing.T) {
	m := image.NewYCbCr(image.Rect(0, 0, 3, 3), image.YCbCrSubsampleRatio420)
	copy(m.Cb, []uint8{0, 160, 32, 96})
	s := &smooth{YCbCr: m, rgb: func(y, cb, cr uint8) (uint8, uint8, uint8) { return y, cb, cr }}
	pix := make([]byte, 4*9)
	s.rows(pix, 0, 3)
	want := []uint8{
		0, 40, 120, // between 0 and 160
		8, 42, 110, // between 3/4·0 + 1/4·32 and 3/4·160 + 1/4·96
		24, 46, 90, // between 3/4·32 + 1/4·0 and 3/4·96 + 1/4·160
	}
	for i, v := range want {
		if got := pix[4*i+1]; got != v {
			t.Errorf("pixel %d has %d, want %d", i, got, v)
		}
	}
}

// Video has black at 16 and white at 235. Colours are those of BT.601.
func TestVideoRange(t *testing.T) {
	for _, c := range [][2][3]uint8{
		{{16, 128, 128}, {0, 0, 0}}, {{235, 128, 128}, {255, 255, 255}}, {{126, 128, 128}, {128, 128, 128}},
		{{81, 90, 240}, {255, 0, 0}}, {{145, 54, 34}, {0, 255, 0}}, {{41, 240, 110}, {0, 0, 255}},
		{{0, 128, 128}, {0, 0, 0}}, {{255, 128, 128}, {255, 255, 255}},
	} {
		r, g, b := videoRGB(c[0][0], c[0][1], c[0][2])
		near(t, [3]uint8{r, g, b}, c[1], 1, 0, 0)
	}
}
