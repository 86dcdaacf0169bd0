package plot

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nse-dev/nse/internal/drawing"
)

// Chart is series on common axes.
type Chart struct {
	X, Y    string // what the axes are, with units
	Whole   bool   // x has whole numbers only, such as rounds
	Ordered bool   // the series follow one another, such as rounds: the later, the darker
	Series  []Series
}

// Series is marks in the order of x.
type Series struct {
	Name  string
	Marks []Mark
	Line  Line
	Bare  bool // a line without its marks
	Boxes bool // marks are squares
}

// Line is what connects marks.
type Line int

// The lines.
const (
	NoLine   Line = iota
	Straight      // from mark to mark
	Stairs        // stays at a mark's height up to the next one
)

// Mark is a point of a chart. A viewer shows the title of the mark that is pointed at, and follows its link.
type Mark struct {
	X, Y        float64
	Title, Link string // nothing is shown or followed if they are empty
}

// Sizes of a chart.
const (
	chartWidth, chartHeight = 7.8 * vg.Inch, 4 * vg.Inch
	chartText               = 11 * vg.Length(1)
	legendLine              = 18 * vg.Length(1)
)

// SVG draws the series with their names beside them. The result is a whole SVG file.
func (c Chart) SVG() ([]byte, error) {
	p := newPlot("", c.X, c.Y, chartText)
	if c.Whole {
		p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
	}
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.ThumbnailWidth, p.Legend.Padding = 16, 4
	side := vg.Length(0)
	for i, s := range c.Series {
		if err := s.add(p, c.color(i)); err != nil {
			return nil, err
		}
		side = max(side, 1.15*p.Legend.TextStyle.Width(s.Name)+36)
	}
	room(p)
	height := max(chartHeight, legendLine*vg.Length(len(c.Series))+40)
	var marks bytes.Buffer
	text, err := drawing.SVG(chartWidth, height, func(page draw.Canvas) {
		page = draw.Crop(page, 10, -10, 8, -8)
		legend := p.Legend
		p.Legend = plot.NewLegend()
		area := draw.Crop(page, 0, -side, 0, 0)
		p.Draw(area)
		legend.Draw(draw.Crop(page, page.Size().X-side+14, 0, 0, -6))
		data := p.DataCanvas(area)
		x, y := p.Transforms(&data)
		c.targets(&marks, func(m Mark) (vg.Length, vg.Length) { return x(m.X), height - y(m.Y) })
	})
	if err != nil {
		return nil, err
	}
	end := bytes.LastIndex(text, []byte("</svg>"))
	return append(append(text[:end:end], marks.Bytes()...), text[end:]...), nil
}

// targets writes what a viewer can point at: over each mark an unseen disc with its title and its link.
func (c Chart) targets(b *bytes.Buffer, at func(Mark) (x, y vg.Length)) {
	for _, s := range c.Series {
		for _, m := range s.Marks {
			if m.Title == "" {
				continue
			}
			x, y := at(m)
			disc := fmt.Sprintf(`<circle cx="%.5g" cy="%.5g" r="6" fill-opacity="0"><title>%s</title></circle>`,
				x.Points(), y.Points(), html.EscapeString(m.Title))
			if m.Link != "" {
				disc = fmt.Sprintf(`<a href="%s">%s</a>`, html.EscapeString(m.Link), disc)
			}
			b.WriteString(disc + "\n")
		}
	}
}

// add draws a series.
func (s Series) add(p *plot.Plot, c color.Color) error {
	if len(s.Marks) == 0 {
		return nil
	}
	points := make(plotter.XYs, len(s.Marks))
	for i, m := range s.Marks {
		points[i] = plotter.XY{X: m.X, Y: m.Y}
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{Color: c, Width: 1.3}
	if s.Line == Stairs {
		line.StepStyle = plotter.PostStep
	}
	dots.GlyphStyle = glyph(c, 3, draw.CircleGlyph{})
	if s.Boxes {
		dots.GlyphStyle.Shape = draw.BoxGlyph{}
	}
	var thumbs []plot.Thumbnailer
	if s.Line != NoLine {
		p.Add(line)
		thumbs = append(thumbs, line)
	}
	if !s.Bare {
		p.Add(dots)
		thumbs = append(thumbs, dots)
	}
	p.Legend.Add(s.Name, thumbs...)
	return nil
}

// ramp goes from light to dark in even steps of brightness, so that its order is seen without telling hues apart.
var ramp = []color.NRGBA{
	{0xf0, 0xa8, 0x30, 0xff}, {0xd8, 0x55, 0x3a, 0xff}, {0x8e, 0x2c, 0x82, 0xff}, {0x26, 0x10, 0x58, 0xff},
}

// color of the i-th series.
func (c Chart) color(i int) color.Color {
	if !c.Ordered {
		return palette[i%len(palette)]
	}
	at := float64(len(ramp) - 1) // one alone is the last
	if n := len(c.Series); n > 1 {
		at *= float64(i) / float64(n-1)
	}
	low := min(int(at), len(ramp)-2)
	mix := func(a, b uint8) uint8 {
		return uint8(math.Round(float64(a) + (at-float64(low))*(float64(b)-float64(a))))
	}
	a, b := ramp[low], ramp[low+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// wholeTicks marks whole numbers, at most about 20.
func wholeTicks(low, high float64) (ticks []plot.Tick) {
	step := max(1, math.Ceil((high-low)/20))
	for v := math.Ceil(low/step) * step; v <= high; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%.0f", v)})
	}
	return ticks
}
