// Package drawing draws architectures and what became of operations over the rounds of a search. Architectures are SVG
// or PNG, histories are SVG. The package also owns the page and the colours that charts share with drawings. Equal
// input makes equal bytes.
package drawing

import (
	"bytes"
	"image/color"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Colours that charts and drawings share. The hues other than Purple are Okabe and Ito's, which colour-blind readers
// can tell apart.
var (
	Ink    = color.NRGBA{0x22, 0x22, 0x22, 0xff} // of texts and lines
	Blue   = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	Orange = color.NRGBA{0xe6, 0x9f, 0x00, 0xff}
	Red    = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	Green  = color.NRGBA{0x00, 0x9e, 0x73, 0xff}
	Pink   = color.NRGBA{0xcc, 0x79, 0xa7, 0xff}
	Azure  = color.NRGBA{0x56, 0xb4, 0xe9, 0xff}
	Purple = color.NRGBA{0x6b, 0x4c, 0x9a, 0xff}
)

// fonts lists the font that texts are measured with, then the fonts most like it.
const fonts = "Liberation Sans,Arial,Helvetica,sans-serif"

// SVG returns the SVG file of a white page. Width and height are in points. It calls draws once, with the page's
// canvas.
func SVG(width, height vg.Length, draws func(draw.Canvas)) ([]byte, error) {
	page := vgsvg.NewWith(vgsvg.UseWH(width, height))
	text, err := paint(page, draws)
	return bytes.ReplaceAll(text, []byte("font-family:Liberation Sans;"), []byte("font-family:"+fonts+";")), err
}

// page is a canvas that becomes a file.
type page interface {
	vg.CanvasSizer
	io.WriterTo
}

// paint fills the page with white, draws on it and returns the file.
func paint(p page, draws func(draw.Canvas)) ([]byte, error) {
	c := draw.New(p)
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	draws(c)
	var b bytes.Buffer
	_, err := p.WriteTo(&b)
	return b.Bytes(), err
}
