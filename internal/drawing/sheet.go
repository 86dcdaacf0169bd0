package drawing

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// lettering is how a sheet's texts look, and what room they take.
type lettering struct{ text.Style }

func newLettering(size vg.Length) lettering {
	f := plot.DefaultFont
	f.Variant, f.Size = "Sans", size
	return lettering{text.Style{Font: f, YAlign: draw.YCenter, Color: Ink, Handler: plot.DefaultTextHandler}}
}

func (l lettering) bold() lettering {
	l.Font.Weight = font.WeightBold
	return l
}

// wide is room for a text, also where another font has to stand in.
func (l lettering) wide(s string) vg.Length { return 1.2 * l.Width(s) }

// wrap breaks a text after spaces and dashes into lines of the width, and words that are longer than limit by
// themselves anywhere.
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

// pieces cuts a text behind spaces and dashes.
func pieces(s string) (all []string) {
	for _, word := range strings.SplitAfter(s, " ") {
		all = append(all, strings.SplitAfter(word, "-")...)
	}
	return all
}

// sheet is a page with places in points from its top left corner.
type sheet struct {
	draw.Canvas
	letters lettering
	texts   *bytes.Buffer // elements of an SVG; nil: texts are for the canvas
}

// svgSheet draws on a white page. Texts are elements of our own, which stay where they are anchored with any font.
func svgSheet(width, height vg.Length, l lettering, draws func(sheet)) ([]byte, error) {
	var texts bytes.Buffer
	shapes, err := SVG(width, height, func(c draw.Canvas) { draws(sheet{c, l, &texts}) })
	texts.WriteString("</svg>")
	return bytes.Replace(shapes, []byte("</svg>"), texts.Bytes(), 1), err
}

// with writes texts in other letters.
func (s sheet) with(l lettering) sheet {
	s.letters = l
	return s
}

// colored writes texts in a colour.
func (s sheet) colored(c color.Color) sheet {
	s.letters.Color = c
	return s
}

// centred writes texts around their place.
func (s sheet) centred() sheet {
	s.letters.XAlign = draw.XCenter
	return s
}

// right writes texts that end at their place.
func (s sheet) right() sheet {
	s.letters.XAlign = draw.XRight
	return s
}

func (s sheet) at(x, y vg.Length) vg.Point { return vg.Point{X: s.Min.X + x, Y: s.Max.Y - y} }

// text writes words from x on, unless they are centred or right, around y.
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
	const middle = 0.36 // of capitals and digits above the line, in the font's size
	fmt.Fprintf(s.texts, `<text x="%.5g" y="%.5g" text-anchor="%s" style="font-family:%s;font-size:%.5gpx;font-weight:%s;fill:#%02x%02x%02x">`,
		x, y+middle*l.Font.Size, anchor, fonts, l.Font.Size, weight, red>>8, green>>8, blue>>8)
	_ = xml.EscapeText(s.texts, []byte(words)) // a buffer takes all
	s.texts.WriteString("</text>\n")
}

// box fills a rectangle from x on, around y.
func (s sheet) box(x, y, width, height vg.Length, fill color.Color) {
	s.FillPolygon(fill, []vg.Point{s.at(x, y+height/2), s.at(x+width, y+height/2), s.at(x+width, y-height/2), s.at(x, y-height/2)})
}

func (s sheet) cross(x, y vg.Length) {
	s.DrawGlyph(draw.GlyphStyle{Color: Red, Radius: 3, Shape: draw.CrossGlyph{}}, s.at(x, y))
}

// line joins two places.
func (s sheet) line(x0, y0, x1, y1 vg.Length, style draw.LineStyle) {
	s.StrokeLine2(style, s.Min.X+x0, s.Max.Y-y0, s.Min.X+x1, s.Max.Y-y1)
}

// rounded fills a rectangle from its top left corner on, with corners of that radius.
func (s sheet) rounded(x, y, width, height, radius vg.Length, fill color.Color) {
	var p vg.Path
	p.Move(s.at(x+radius, y+height))
	for i, corner := range []vg.Point{s.at(x+width-radius, y+height-radius), s.at(x+width-radius, y+radius), s.at(x+radius, y+radius), s.at(x+radius, y+height-radius)} {
		p.Arc(corner, radius, float64(i-1)*math.Pi/2, math.Pi/2)
	}
	p.Close()
	s.SetColor(fill)
	s.Fill(p)
}
