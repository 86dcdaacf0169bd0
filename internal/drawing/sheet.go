package drawing

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// lettering is how texts look: font, colour and alignment. It measures the room that they take.
type lettering struct{ text.Style }

// newLettering is dark sans-serif letters of a size in points. Texts start at their place and stand around its height.
func newLettering(size vg.Length) lettering {
	f := plot.DefaultFont
	f.Variant, f.Size = "Sans", size
	return lettering{text.Style{Font: f, YAlign: draw.YCenter, Color: Ink, Handler: plot.DefaultTextHandler}}
}

func (l lettering) bold() lettering {
	l.Font.Weight = font.WeightBold
	return l
}

// wide is the room for a text, a fifth more than its width. A viewer without the font substitutes a wider one.
func (l lettering) wide(s string) vg.Length { return 1.2 * l.Width(s) }

// wrap breaks a text into lines of at most the width, after spaces and dashes. A word wider than that keeps a line of
// its own up to the limit, and a word wider than both breaks anywhere. An empty text is one empty line.
func (l lettering) wrap(s string, width, limit vg.Length) (lines []string) {
	line := ""
	end := func() { lines, line = append(lines, strings.TrimRight(line, " ")), "" }
	for _, word := range pieces(s) {
		if line != "" && l.wide(strings.TrimRight(line+word, " ")) > width {
			end()
		}
		for _, r := range word {
			if line != "" && r != ' ' && l.wide(line+string(r)) > max(width, limit) {
				end()
			}
			line += string(r)
		}
	}
	end()
	return lines
}

// cut is a text that takes no more room than a width. What is left out at its end is an ellipsis.
func (l lettering) cut(s string, width vg.Length) string {
	if l.wide(s) <= width {
		return s
	}
	letters := []rune(s)
	for len(letters) > 0 && l.wide(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}

// pieces cuts a text after spaces and dashes. Joined, the pieces are the text.
func pieces(s string) (all []string) {
	for _, word := range strings.SplitAfter(s, " ") {
		all = append(all, strings.SplitAfter(word, "-")...)
	}
	return all
}

// sheet is a page. Places are in points from its top left corner, x to the right and y down.
type sheet struct {
	draw.Canvas
	letters lettering
	texts   *bytes.Buffer // receives texts as SVG elements; nil: texts are drawn on the canvas
}

// svgSheet draws on a white page and returns its SVG file. Texts are written as elements with anchors, above all
// shapes. They keep their places with any font.
func svgSheet(width, height vg.Length, l lettering, draws func(sheet)) ([]byte, error) {
	var texts bytes.Buffer
	shapes, err := SVG(width, height, func(c draw.Canvas) { draws(sheet{c, l, &texts}) })
	texts.WriteString("</svg>")
	return bytes.Replace(shapes, []byte("</svg>"), texts.Bytes(), 1), err
}

// errTooLarge is the error about a PNG of too many pixels.
var errTooLarge = errors.New("the drawing is too large for a PNG: draw an SVG")

// pngSheet draws on a white page and returns its PNG file, at 144 dots per inch. A page of more than 64 million pixels
// takes fewer dots per inch, and one that would take fewer than 72 is errTooLarge.
func pngSheet(width, height vg.Length, l lettering, draws func(sheet)) ([]byte, error) {
	const best, least, most = 144, 72, 64e6
	dpi := int(min(best, math.Sqrt(most/(width.Dots(1)*height.Dots(1)))))
	if dpi < least {
		return nil, errTooLarge
	}
	page := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))}
	return paint(page, func(c draw.Canvas) { draws(sheet{c, l, nil}) })
}

// with returns the sheet with other letters.
func (s sheet) with(l lettering) sheet {
	s.letters = l
	return s
}

// colored returns the sheet with texts in that colour.
func (s sheet) colored(c color.Color) sheet {
	s.letters.Color = c
	return s
}

// centred returns the sheet with texts around their place.
func (s sheet) centred() sheet {
	s.letters.XAlign = draw.XCenter
	return s
}

// right returns the sheet with texts that end at their place.
func (s sheet) right() sheet {
	s.letters.XAlign = draw.XRight
	return s
}

// upwards returns the sheet with texts that run upwards from their place.
func (s sheet) upwards() sheet {
	s.letters.Rotation = math.Pi / 2
	return s
}

// at is a place in the canvas's coordinates, whose y points up.
func (s sheet) at(x, y vg.Length) vg.Point { return vg.Point{X: s.Min.X + x, Y: s.Max.Y - y} }

// text writes words at x, as the sheet aligns them, and vertically around y.
func (s sheet) text(x, y vg.Length, words string) {
	l := s.letters
	if s.texts == nil {
		s.FillText(l.Style, s.at(x, y), words)
		return
	}
	anchor := map[text.XAlignment]string{draw.XLeft: "start", draw.XCenter: "middle", draw.XRight: "end"}[l.XAlign]
	weight := "normal"
	if l.Font.Weight == font.WeightBold {
		weight = "bold"
	}
	red, green, blue, _ := l.Color.RGBA()
	const middle = 0.36 // half the height of capitals and digits, by the font's size
	if l.Rotation == 0 {
		fmt.Fprintf(s.texts, `<text x="%.5g" y="%.5g" text-anchor="%s" `, x, y+middle*l.Font.Size, anchor)
	} else {
		fmt.Fprintf(s.texts, `<text transform="translate(%.5g %.5g) rotate(%.5g)" text-anchor="%s" `,
			x+middle*l.Font.Size, y, -180/math.Pi*l.Rotation, anchor)
	}
	fmt.Fprintf(s.texts, `style="font-family:%s;font-size:%.5gpx;font-weight:%s;fill:#%02x%02x%02x">`,
		fonts, l.Font.Size, weight, red>>8, green>>8, blue>>8)
	_ = xml.EscapeText(s.texts, []byte(words)) // a buffer's writes do not fail
	s.texts.WriteString("</text>\n")
}

// box fills a rectangle whose left end is at x and whose middle is at y.
func (s sheet) box(x, y, width, height vg.Length, fill color.Color) {
	top, bottom := y-height/2, y+height/2
	s.FillPolygon(fill, []vg.Point{s.at(x, bottom), s.at(x+width, bottom), s.at(x+width, top), s.at(x, top)})
}

// cross marks a place with a red cross.
func (s sheet) cross(x, y vg.Length) {
	s.DrawGlyph(draw.GlyphStyle{Color: Red, Radius: 3, Shape: draw.CrossGlyph{}}, s.at(x, y))
}

// line joins two places.
func (s sheet) line(x0, y0, x1, y1 vg.Length, style draw.LineStyle) {
	s.StrokeLine2(style, s.Min.X+x0, s.Max.Y-y0, s.Min.X+x1, s.Max.Y-y1)
}

// rounded fills a rectangle with rounded corners, whose top left corner would be at x, y.
func (s sheet) rounded(x, y, width, height, radius vg.Length, fill color.Color) {
	var p vg.Path
	p.Move(s.at(x+radius, y+height))
	left, right, top, bottom := x+radius, x+width-radius, y+radius, y+height-radius // centres of the arcs
	for i, centre := range []vg.Point{s.at(right, bottom), s.at(right, top), s.at(left, top), s.at(left, bottom)} {
		p.Arc(centre, radius, float64(i-1)*math.Pi/2, math.Pi/2)
	}
	p.Close()
	s.SetColor(fill)
	s.Fill(p)
}
