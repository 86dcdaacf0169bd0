package resample

import (
	"image"
	"image/color"
	"slices"
	"testing"
)

// grey is the pixel of column x and row y of what Pillow was given too.
func grey(x, y int) uint8 { return uint8(x*37 + y*91 + x*y*7) }

// plane is a source of w × h grey pixels.
func plane(w, h int) Source {
	return Source{w, h, 1, func(dst []uint8, x, y int) {
		for i := range dst {
			dst[i] = grey(x+i, y)
		}
	}}
}

// The values are those of Pillow 9.4: Image.resize(size, Image.BILINEAR) of 8 × 6 pixels.
func TestBilinearIsThatOfPillow(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want []uint8
	}{
		{3, 4, []uint8{78, 125, 125, 143, 120, 130, 116, 150, 139, 121, 139, 143}},
		{11, 2, []uint8{82, 109, 122, 111, 145, 130, 108, 118, 150, 131, 82, 117, 117, 127, 146, 122, 147, 164, 116,
			157, 150, 112}},
	} {
		got := make([]uint8, c.w*c.h)
		plane(8, 6).Bilinear(got, c.w, c.h, image.Rect(0, 0, c.w, c.h))
		if !slices.Equal(got, c.want) {
			t.Errorf("%d × %d: got %v, want %v", c.w, c.h, got, c.want)
		}
	}
}

// A window has the pixels that the whole has there, and reads no more of the source than it needs.
func TestWindowIsAPartOfTheWhole(t *testing.T) {
	const w, h, width, height = 40, 30, 21, 17
	whole := make([]uint8, width*height)
	plane(w, h).Bilinear(whole, width, height, image.Rect(0, 0, width, height))
	window := image.Rect(8, 5, 13, 9)
	s := plane(w, h)
	row := s.Row
	s.Row = func(dst []uint8, x, y int) {
		if x < 13 || x+len(dst) > 27 || y < 7 || y >= 18 {
			t.Errorf("row %d is read from %d to %d", y, x, x+len(dst))
		}
		row(dst, x, y)
	}
	got := make([]uint8, window.Dx()*window.Dy())
	s.Bilinear(got, width, height, window)
	for i, v := range got {
		x, y := window.Min.X+i%window.Dx(), window.Min.Y+i/window.Dx()
		if want := whole[y*width+x]; v != want {
			t.Errorf("(%d, %d) is %d, want %d", x, y, v, want)
		}
	}
}

// Each channel is scaled for itself, and bounds may begin anywhere.
func TestRGB(t *testing.T) {
	m := image.NewRGBA(image.Rect(-3, 2, 5, 8))
	for y := range 6 {
		for x := range 8 {
			v := grey(x, y)
			m.Set(x-3, y+2, color.RGBA{v, 255 - v, 7, 255})
		}
	}
	got := make([]uint8, 3*4*3)
	RGB(m).Bilinear(got, 3, 4, image.Rect(0, 0, 3, 4))
	for i, red := range []uint8{78, 125, 125, 143, 120, 130, 116, 150, 139, 121, 139, 143} {
		if p := got[3*i:][:3]; p[0] != red || p[1] < 254-red || p[1] > 255-red+1 || p[2] != 7 {
			t.Errorf("pixel %d is %v, want red %d, green %d and blue 7", i, p, red, 255-red)
		}
	}
}

// A very wide picture takes no memory for what the window does not show.
func TestBilinearOfALine(t *testing.T) {
	s := Source{1 << 30, 1, 1, func(dst []uint8, x, y int) {
		if len(dst) > 4 {
			t.Fatalf("%d pixels are read", len(dst))
		}
		for i := range dst {
			dst[i] = uint8(x + i)
		}
	}}
	got := make([]uint8, 16)
	s.Bilinear(got, 4<<30, 4, image.Rect(2<<30, 0, 2<<30+4, 4))
	// The first pixel is three eighths of the one before the middle, which is 255. Behind it are 0 and 1.
	if want := []uint8{96, 32, 0, 0}; !slices.Equal(got[:4], want) {
		t.Errorf("got %v, want %v", got[:4], want)
	}
}
