package drawing

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Matrix is how often each class is taken for each.
type Matrix struct {
	Title   string
	Classes []string
	Counts  [][]int // by class and the class that it is taken for
}

// SVG draws a line of squares for each class, and a column for each that it is taken for. A square is the darker the
// greater its part of the class. Squares on the diagonal are blue, others red, and numbers stand in those that have
// room for them.
func (m Matrix) SVG() ([]byte, error) {
	d := m.layOut()
	return svgSheet(d.width, d.height, d.letters, d.draw)
}

// PNG draws the same picture as SVG, at 144 dots per inch, or fewer where it is large. It returns an error if it would
// take fewer than 72.
func (m Matrix) PNG() ([]byte, error) {
	d := m.layOut()
	return pngSheet(d.width, d.height, d.letters, d.draw)
}

// matrixDrawing is a Matrix with its measures, in points.
type matrixDrawing struct {
	Matrix
	letters       lettering // of titles
	labels        lettering // of classes, and of numbers
	side          vg.Length // of a square with its margin
	left, top     vg.Length // of the first square
	width, height vg.Length
}

// nameRoom is the most room for the name of a class.
const nameRoom = 150 * vg.Length(1)

func (m Matrix) layOut() *matrixDrawing {
	n := vg.Length(max(len(m.Classes), 1))
	d := &matrixDrawing{Matrix: m, letters: newLettering(10), side: min(max(640/n, 5), 30)}
	d.labels = newLettering(min(textSize, d.side))
	d.Classes = slices.Clone(m.Classes)
	names := vg.Length(0)
	for k, name := range m.Classes {
		d.Classes[k] = d.labels.cut(name, nameRoom)
		names = max(names, d.labels.wide(d.Classes[k]))
	}
	d.left, d.top = names+32, names+60
	d.width = max(d.left+n*d.side+16, d.letters.wide(m.Title)+16, d.letters.wide(explained)+16)
	d.height = d.top + n*d.side + 16
	return d
}

// explained is the second line of the drawing.
const explained = "lines: classes; columns: what they are taken for; the darker, the more of the class"

func (d *matrixDrawing) draw(s sheet) {
	s.with(d.letters.bold()).text(8, 14, d.Title)
	s.text(8, 30, explained)
	label := s.with(d.labels)
	n := vg.Length(len(d.Classes)) * d.side
	s.box(d.left, d.top+n/2, n, n, ground)
	for k, name := range d.Classes {
		at := (vg.Length(k) + 0.5) * d.side
		label.right().text(d.left-5, d.top+at, name)
		label.upwards().text(d.left+at, d.top-5, name)
		d.line(label, k)
	}
}

// line draws the squares of a class. Those without images stay empty.
func (d *matrixDrawing) line(s sheet, class int) {
	total := 0
	for _, images := range d.Counts[class] {
		total += images
	}
	y := d.top + (vg.Length(class)+0.5)*d.side
	for taken, images := range d.Counts[class] {
		if images == 0 {
			continue
		}
		hue, part := Red, float64(images)/float64(total)
		if taken == class {
			hue = Blue
		}
		x := d.left + vg.Length(taken)*d.side
		s.box(x+0.25, y, d.side-0.5, d.side-0.5, tint(hue, 0.15+0.85*part))
		if number := fmt.Sprint(images); d.labels.wide(number) < d.side && d.labels.Font.Size+2 < d.side {
			ink := color.Color(Ink)
			if part > 0.5 {
				ink = color.White
			}
			s.colored(ink).centred().text(x+d.side/2, y, number)
		}
	}
}

// tint is a colour on white, so much of it.
func tint(c color.NRGBA, part float64) color.NRGBA {
	on := func(v uint8) uint8 { return uint8(255 - part*float64(255-v) + 0.5) }
	return color.NRGBA{on(c.R), on(c.G), on(c.B), 0xff}
}
