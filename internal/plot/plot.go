// Package plot draws charts of a search as SVG: the front of a round, the fitness of every operation over its steps,
// and any series on common axes. Equal input makes equal bytes.
package plot

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/nse-dev/nse/internal/drawing"
)

// Colours of charts alone.
var (
	faint = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	grey  = color.NRGBA{0x9a, 0x9a, 0x9a, 0xff}
)

// palette colours the operations of a layer in turn.
var palette = []color.Color{
	drawing.Blue, drawing.Orange, drawing.Green, drawing.Pink, drawing.Azure, drawing.Red, drawing.Purple, color.Black,
}

// newPlot is an empty plot with a pale grid and sans-serif texts of a size in points.
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
