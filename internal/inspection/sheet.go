package inspection

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"sync"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/nse-dev/nse/supernet/data"
)

// The parts of a sheet: images of a class, classes, and pixels.
const (
	sheetColumns = 12
	sheetRows    = 20
	minCell      = 64  // smaller images are enlarged by a whole number
	maxCell      = 128 // larger images are reduced
	gap          = 4
	caption      = 18
)

// Sheet is a picture of some images of each class, as networks see them. The zero value is ready to be handed to Of.
type Sheet struct {
	classes []string

	mu   sync.Mutex
	rows [sheetRows][]tile // in the order of their contents, so that they are a sample without an order of reading
}

// tile is an image on a sheet.
type tile struct {
	digest uint64
	image  *image.RGBA
}

// offer takes an image if it belongs on the sheet: those of a class with the lowest digests do. Copies are shown once.
func (s *Sheet) offer(v data.View) {
	if s == nil || int(v.Class) >= sheetRows {
		return
	}
	row := &s.rows[v.Class]
	s.mu.Lock()
	_, wanted := place(*row, v.Digest)
	s.mu.Unlock()
	if !wanted {
		return
	}
	m := cell(v.Seen())
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, wanted := place(*row, v.Digest); wanted {
		*row = slices.Insert(*row, at, tile{v.Digest, m})
		*row = (*row)[:min(len(*row), sheetColumns)]
	}
}

// place is where a digest belongs in a row, if it does.
func place(row []tile, digest uint64) (at int, wanted bool) {
	at, there := slices.BinarySearchFunc(row, digest, func(t tile, d uint64) int { return cmp.Compare(t.digest, d) })
	return at, !there && at < sheetColumns
}

// cell brings an image to a size that can be looked at.
func cell(m *image.RGBA) *image.RGBA {
	long := max(m.Rect.Dx(), m.Rect.Dy())
	w, h, with := m.Rect.Dx(), m.Rect.Dy(), draw.Interpolator(draw.NearestNeighbor)
	switch {
	case long < minCell:
		times := (minCell + long - 1) / long
		w, h = w*times, h*times
	case long > maxCell:
		w, h, with = max(1, w*maxCell/long), max(1, h*maxCell/long), draw.BiLinear
	default:
		return m
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	with.Scale(to, to.Rect, m, m.Rect, draw.Src, nil)
	return to
}

// PNG draws the sheet: a row for each of the first classes, with its name.
func (s *Sheet) PNG() ([]byte, error) {
	shown := s.rows[:min(len(s.classes), sheetRows)]
	side := 0
	for _, row := range shown {
		for _, t := range row {
			side = max(side, t.image.Rect.Dx(), t.image.Rect.Dy())
		}
	}
	each := caption + side + gap
	last := ""
	if n := len(s.classes) - sheetRows; n > 0 {
		last = fmt.Sprintf("and %d other classes", n)
	}
	m := image.NewRGBA(image.Rect(0, 0, gap+sheetColumns*(side+gap), len(shown)*each+caption))
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	for r, row := range shown {
		write(m, r*each, s.classes[r])
		for i, t := range row {
			at := image.Pt(gap+i*(side+gap), r*each+caption)
			draw.Draw(m, t.image.Rect.Add(at), t.image, image.Point{}, draw.Src)
		}
	}
	write(m, len(shown)*each, last)
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), err
}

// write writes a line of text below y. Letters that the font lacks are boxes.
func write(m *image.RGBA, y int, line string) {
	d := font.Drawer{Dst: m, Src: image.NewUniform(color.Black), Face: basicfont.Face7x13,
		Dot: fixed.P(gap, y+basicfont.Face7x13.Ascent+3)}
	d.DrawString(line)
}
