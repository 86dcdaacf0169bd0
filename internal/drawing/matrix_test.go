package drawing

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/drawing/drawingtest"
)

// pets has two classes and one that has no image: three of four cats are right, and all dogs are taken for cats.
func pets() Matrix {
	return Matrix{Title: "pets: 30 %", Classes: []string{"cat", "dog & co", "fox"},
		Counts: [][]int{{3, 1, 0}, {6, 0, 0}, {0, 0, 0}}}
}

func TestMatrix(t *testing.T) {
	m := pets()
	svg := drawingtest.Drawn(t, "matrix", "svg", m.SVG)
	drawingtest.WellFormed(t, "matrix", svg)
	for _, text := range []string{">pets: 30 %<", ">dog &amp; co<", ">3<", ">1<", ">6<"} {
		if !bytes.Contains(svg, []byte(text)) {
			t.Errorf("the matrix does not say %q", text)
		}
	}
	if n := bytes.Count(svg, []byte("rotate(-90)")); n != 3 {
		t.Errorf("%d names run upwards, want 3", n)
	}
	for _, c := range []color.NRGBA{tint(Blue, 0.7875), tint(Red, 0.3625), tint(Red, 1)} { // 3 and 1 of 4, 6 of 6
		if hue := fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B); bytes.Count(svg, []byte(hue)) != 1 {
			t.Errorf("%d squares are %s, want 1", bytes.Count(svg, []byte(hue)), hue)
		}
	}
}

// The squares of a PNG have their colours where they stand.
func TestMatrixPNG(t *testing.T) {
	m := pets()
	m.Title, m.Classes = "", []string{"a", "b", "c"}
	d := m.layOut()
	b := drawingtest.Drawn(t, "matrix", "png", m.PNG)
	picture, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		class, taken int
		want         color.NRGBA
	}{{0, 0, tint(Blue, 0.7875)}, {0, 1, tint(Red, 0.3625)}, {1, 0, Red}, {1, 1, ground}, {2, 2, ground}} {
		corner := func(start float64, k int) int { return int(2 * (start + 30*float64(k) + 3)) } // 144 dots an inch
		at := picture.At(corner(float64(d.left), x.taken), corner(float64(d.top), x.class))
		if got := color.NRGBAModel.Convert(at); got != x.want {
			t.Errorf("class %d taken for %d: %v, want %v", x.class, x.taken, got, x.want)
		}
	}
}

// 1000 classes are drawn, and what is too large for a PNG is refused. Names take no more than their room.
func TestLargeMatrices(t *testing.T) {
	m := Matrix{Classes: make([]string, 1000), Counts: make([][]int, 1000)}
	for k := range m.Classes {
		m.Classes[k] = strings.Repeat("long ", 40)
		m.Counts[k] = make([]int, 1000)
		m.Counts[k][k] = 1
	}
	d := m.layOut()
	if d.side != 5 || d.left > nameRoom+40 || !strings.HasSuffix(d.Classes[0], "…") {
		t.Errorf("squares of %v points, %v points for names such as %q", d.side, d.left, d.Classes[0])
	}
	if m.Classes[0] != strings.Repeat("long ", 40) {
		t.Error("drawing changes the names of the matrix")
	}
	svg := drawingtest.Drawn(t, "matrix-large", "svg", m.SVG)
	if n := bytes.Count(svg, []byte(fmt.Sprintf("#%02X%02X%02X", Blue.R, Blue.G, Blue.B))); n != 1000 {
		t.Errorf("%d squares, want 1000", n)
	}
	if _, err := pngSheet(9000, 9000, d.letters, d.draw); err != errTooLarge {
		t.Errorf("9000 points square: %v, want %v", err, errTooLarge)
	}
}
