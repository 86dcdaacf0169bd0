package inspection

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"

	"github.com/nse-dev/nse/supernet/data"
)

// sheetOf draws the sheet of a folder of single colours: red of image i of class c is c, green is i.
func sheetOf(t *testing.T, classes, images, size int) image.Image {
	t.Helper()
	files := map[string][]byte{}
	for c := range classes {
		for i := range images {
			m := image.NewRGBA(image.Rect(0, 0, 40, 20))
			draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{uint8(c), uint8(i), 200, 255}), image.Point{}, draw.Src)
			files[fmt.Sprintf("%02d/%02d.png", c, i)] = encodePNG(t, m)
			files[fmt.Sprintf("%02d/copy-%02d.png", c, i)] = encodePNG(t, m)
		}
	}
	s := new(Sheet)
	if _, err := Of(t.Context(), "folder:"+folder(t, files), data.Options{Size: size}, s); err != nil {
		t.Fatal(err)
	}
	b, err := s.PNG()
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// dark reports whether something is written in a rectangle.
func dark(m image.Image, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if v, _, _, _ := m.At(x, y).RGBA(); v < 0x8000 {
				return true
			}
		}
	}
	return false
}

// A row has the images of its class, each once and at most twelve, and its name.
func TestSheet(t *testing.T) {
	m := sheetOf(t, 3, 14, 16)
	if got, want := m.Bounds(), image.Rect(0, 0, 4+12*68, 3*86+18); got != want {
		t.Fatalf("bounds %v, want %v", got, want)
	}
	for c := range 3 {
		seen := map[uint32]bool{}
		for i := range 12 {
			r, g, b, _ := m.At(4+i*68+32, c*86+18+32).RGBA()
			if int(r>>8) != c || b>>8 != 200 || g>>8 > 13 || seen[g] {
				t.Errorf("row %d, column %d: %d, %d, %d", c, i, r>>8, g>>8, b>>8)
			}
			seen[g] = true
		}
		if !dark(m, image.Rect(4, c*86, 20, c*86+18)) {
			t.Errorf("row %d has no name", c)
		}
	}
	if dark(m, image.Rect(0, 3*86, 800, 3*86+18)) {
		t.Error("something is written below the last row")
	}
}

// Of more than twenty classes the others are counted, and large images are reduced.
func TestSheetOfManyClasses(t *testing.T) {
	m := sheetOf(t, 22, 2, 200)
	if got, want := m.Bounds(), image.Rect(0, 0, 4+12*132, 20*150+18); got != want {
		t.Fatalf("bounds %v, want %v", got, want)
	}
	if r, _, b, _ := m.At(4+127, 19*150+18+127).RGBA(); r>>8 != 19 || b>>8 != 200 {
		t.Errorf("the corner of the last row's first image: red %d, blue %d", r>>8, b>>8)
	}
	if !dark(m, image.Rect(4, 20*150, 200, 20*150+18)) {
		t.Error("the other classes are not counted")
	}
}

// A sheet does not depend on the order in which images are read.
func TestSheetIsASample(t *testing.T) {
	forth, back := new(Sheet), new(Sheet)
	_, views, err := data.Inspect(t.Context(), "generated:300", data.Options{},
		func(v data.View) data.View { return v })
	if err != nil {
		t.Fatal(err)
	}
	for i := range views {
		forth.offer(views[i])
		back.offer(views[len(views)-1-i])
	}
	forth.classes = make([]string, 10)
	back.classes = forth.classes
	a, err := forth.PNG()
	b, err2 := back.PNG()
	if err != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Errorf("sheets differ (%v, %v)", err, err2)
	}
}
