package plot

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nse-dev/nse/internal/drawing"
)

// Fitness is how the fitness parameters of a round moved.
type Fitness struct {
	Round     int
	Threshold float64   // below which operations fall (section 4)
	Layers    [][]Curve // by layer
}

// Curve is the fitness parameter θ of one operation after the given fitness steps.
type Curve struct {
	Op      string
	Steps   []int
	Theta   []float64
	Dropped bool // it fell at the last step
}

// SVG draws one small panel a layer on common axes, beside it the names of its operations. A cross marks where an
// operation fell.
func (f Fitness) SVG() ([]byte, error) {
	const columns, panelWidth, panelHeight, names = 3, 4.3 * vg.Inch, 1.65 * vg.Inch, 1.5 * vg.Inch
	rows := max(1, (len(f.Layers)+columns-1)/columns)
	wide := max(1, min(columns, len(f.Layers)))
	var panels []*plot.Plot
	for l, curves := range f.Layers {
		p, err := f.panel(l, curves)
		if err != nil {
			return nil, err
		}
		panels = append(panels, p)
	}
	f.common(panels)
	return drawing.SVG(vg.Length(wide)*panelWidth+10, vg.Length(rows)*panelHeight+34, func(c draw.Canvas) {
		c = draw.Crop(c, 5, -5, 4, 0)
		f.heading(c)
		tiles := draw.Tiles{Rows: rows, Cols: wide, PadTop: 30, PadX: 4, PadY: 6}
		for l, p := range panels {
			tile := tiles.At(c, l%columns, l/columns)
			legend := p.Legend
			p.Legend = plot.NewLegend()
			p.Draw(draw.Crop(tile, 0, -names, 0, 0))
			legend.Draw(draw.Crop(tile, tile.Max.X-tile.Min.X-names+6, 0, 0, -12))
		}
	})
}

func (f Fitness) heading(c draw.Canvas) {
	p := newPlot("", "", "", 12)
	style := p.Title.TextStyle
	style.XAlign, style.YAlign = draw.XLeft, draw.YTop
	text := fmt.Sprintf("Round %d: fitness θ by step (dashed: the threshold θ = %g; "+
		"× marks an operation that fell, inherited ones stay)", f.Round, f.Threshold)
	c.FillText(style, vg.Point{X: c.Min.X + 4, Y: c.Max.Y - 8}, text)
}

func (f Fitness) panel(l int, curves []Curve) (*plot.Plot, error) {
	p := newPlot(fmt.Sprintf("layer %d", l), "", "", 8)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.ThumbnailWidth = 12
	p.Legend.Padding = 2
	for i, c := range curves {
		points := make(plotter.XYs, len(c.Theta))
		for j := range points {
			points[j] = plotter.XY{X: float64(c.Steps[j]), Y: c.Theta[j]}
		}
		if len(points) == 0 {
			continue
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.LineStyle = draw.LineStyle{Color: palette[i%len(palette)], Width: 1.1}
		if i >= len(palette) {
			line.Dashes = []vg.Length{3, 2}
		}
		p.Add(line)
		p.Legend.Add(c.Op, line)
		if c.Dropped {
			fallen := &plotter.Scatter{XYs: points[len(points)-1:], GlyphStyle: glyph(line.Color, 3, draw.CrossGlyph{})}
			p.Add(fallen)
		}
	}
	return p, nil
}

// common gives all panels the same axes and the threshold.
func (f Fitness) common(panels []*plot.Plot) {
	if len(panels) == 0 {
		return
	}
	all := *panels[0]
	all.Y.Min, all.Y.Max = min(all.Y.Min, f.Threshold), max(all.Y.Max, 0)
	for _, p := range panels {
		all.X.Min, all.X.Max = min(all.X.Min, p.X.Min), max(all.X.Max, p.X.Max)
		all.Y.Min, all.Y.Max = min(all.Y.Min, p.Y.Min), max(all.Y.Max, p.Y.Max)
	}
	for _, p := range panels {
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = all.X.Min, all.X.Max, all.Y.Min, all.Y.Max
		room(p)
		p.Add(&plotter.Line{XYs: plotter.XYs{{X: all.X.Min, Y: f.Threshold}, {X: all.X.Max, Y: f.Threshold}},
			LineStyle: draw.LineStyle{Color: drawing.Ink, Width: 0.6, Dashes: []vg.Length{4, 3}}})
	}
}
