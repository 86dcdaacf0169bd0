// Package plot draws a search as SVG: the front of a round (cost against accuracy), the fitness of every operation over
// its steps, and what became of every operation over the rounds; and architectures, as SVG or PNG. Equal input makes
// equal bytes.
package plot

import (
	"bytes"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The colours are Okabe and Ito's, which colour-blind readers can tell apart.
var (
	ink    = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	faint  = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	ground = color.NRGBA{0xf3, 0xf3, 0xf3, 0xff}
	silver = color.NRGBA{0xc4, 0xc4, 0xc4, 0xff}
	sky    = color.NRGBA{0x9e, 0xd2, 0xf2, 0xff}
	grey   = color.NRGBA{0x9a, 0x9a, 0x9a, 0xff}
	blue   = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	orange = color.NRGBA{0xe6, 0x9f, 0x00, 0xff}
	red    = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	green  = color.NRGBA{0x00, 0x9e, 0x73, 0xff}
	pink   = color.NRGBA{0xcc, 0x79, 0xa7, 0xff}
	azure  = color.NRGBA{0x56, 0xb4, 0xe9, 0xff}
	purple = color.NRGBA{0x6b, 0x4c, 0x9a, 0xff}
)

// palette colours the operations of a layer in turn.
var palette = []color.Color{
	blue, orange, green, pink, azure, red, purple, color.NRGBA{0x00, 0x00, 0x00, 0xff},
}

// newPlot is an empty plot in the house's style with a text size in points.
func newPlot(title, x, y string, size vg.Length) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = size / 2
	for _, f := range []*font.Font{
		&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font,
		&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font,
	} {
		f.Variant, f.Size = "Sans", size
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = faint, faint
	p.Add(grid)
	return p
}

// fonts are the one that texts are measured with, and those that are the most alike.
const fonts = "Liberation Sans,Arial,Helvetica,sans-serif"

// svg draws on a white page and returns the file.
func svg(width, height vg.Length, draws func(draw.Canvas)) ([]byte, error) {
	page := vgsvg.NewWith(vgsvg.UseWH(width, height))
	text, err := paint(page, draws)
	return bytes.ReplaceAll(text, []byte("font-family:Liberation Sans;"), []byte("font-family:"+fonts+";")), err
}

// page is a canvas that becomes a file.
type page interface {
	vg.CanvasSizer
	io.WriterTo
}

func paint(p page, draws func(draw.Canvas)) ([]byte, error) {
	c := draw.New(p)
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	draws(c)
	var b bytes.Buffer
	_, err := p.WriteTo(&b)
	return b.Bytes(), err
}
