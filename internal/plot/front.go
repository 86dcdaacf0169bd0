package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nse-dev/nse/internal/drawing"
)

// Front is what a round scored.
type Front struct {
	Round     int
	Unit      string  // of cost: "million MACs" or "ms"
	Low, High float64 // the constraint interval, in the unit of cost; no lines where both are 0

	Sampled, Extra, Previous, Front []Point
}

// Point is one architecture.
type Point struct {
	Cost     float64
	Accuracy float64 // 0..1
}

// SVG draws accuracy in percent against cost, with the front as a staircase.
func (f Front) SVG() ([]byte, error) {
	scored := len(f.Sampled) + len(f.Extra) + len(f.Previous)
	p := newPlot(fmt.Sprintf("Round %d, architectures scored: %d", f.Round, scored),
		"cost ("+f.Unit+")", "accuracy on held-out images (%)", 11)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.ThumbnailWidth = 16
	p.Legend.Padding = 4
	p.Legend.XOffs, p.Legend.YOffs = 8, 0
	f.interval(p)
	sets := []struct {
		name   string
		points []Point
		style  draw.GlyphStyle
	}{
		{"sampled", f.Sampled, glyph(grey, 1.7, draw.CircleGlyph{})},
		{"outside the interval", f.Extra, glyph(drawing.Orange, 2.6, draw.PlusGlyph{})},
		{"front of last round", f.Previous, glyph(drawing.Blue, 3.4, draw.RingGlyph{})},
	}
	for _, s := range sets {
		if len(s.points) == 0 {
			continue
		}
		scatter, err := plotter.NewScatter(xys(s.points))
		if err != nil {
			return nil, err
		}
		scatter.GlyphStyle = s.style
		p.Add(scatter)
		p.Legend.Add(fmt.Sprintf("%s (%d)", s.name, len(s.points)), scatter)
	}
	if err := f.stairs(p); err != nil {
		return nil, err
	}
	room(p)
	const width, height, legend = 7.8 * vg.Inch, 4.6 * vg.Inch, 2.4 * vg.Inch
	return drawing.SVG(width, height, func(c draw.Canvas) {
		c = draw.Crop(c, 10, -10, 8, -8)
		side := draw.Crop(c, c.Max.X-c.Min.X-legend, 0, 0, -22)
		l := p.Legend
		p.Legend = plot.NewLegend()
		p.Draw(draw.Crop(c, 0, -legend, 0, 0))
		l.Draw(side)
		p.Legend = l
	})
}

// stairs draws the front: the best accuracy that a cost can buy.
func (f Front) stairs(p *plot.Plot) error {
	if len(f.Front) == 0 {
		return nil
	}
	points := slices.SortedFunc(slices.Values(f.Front), func(a, b Point) int { return cmp.Compare(a.Cost, b.Cost) })
	line, dots, err := plotter.NewLinePoints(xys(points))
	if err != nil {
		return err
	}
	line.StepStyle = plotter.PostStep
	line.LineStyle = draw.LineStyle{Color: drawing.Red, Width: 1.2}
	dots.GlyphStyle = glyph(drawing.Red, 3, draw.CircleGlyph{})
	p.Add(line, dots)
	p.Legend.Add(fmt.Sprintf("front (%d)", len(points)), line, dots)
	return nil
}

// interval draws the ends of the constraint interval.
func (f Front) interval(p *plot.Plot) {
	if f.Low == 0 && f.High == 0 {
		return
	}
	low, high := f.span()
	for i, x := range []float64{f.Low, f.High} {
		line := &plotter.Line{XYs: plotter.XYs{{X: x, Y: low}, {X: x, Y: high}},
			LineStyle: draw.LineStyle{Color: drawing.Ink, Width: 0.7, Dashes: []vg.Length{4, 3}}}
		p.Add(line)
		if i == 0 {
			p.Legend.Add("constraint interval", line)
		}
	}
}

// span is the range of accuracy in percent.
func (f Front) span() (low, high float64) {
	low, high = 100, 0
	for _, points := range [][]Point{f.Sampled, f.Extra, f.Previous, f.Front} {
		for _, a := range points {
			low, high = min(low, 100*a.Accuracy), max(high, 100*a.Accuracy)
		}
	}
	return min(low, high), high
}

// room widens the axes, so that no mark touches the frame.
func room(p *plot.Plot) {
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		pad := 0.04 * (a.Max - a.Min)
		if pad == 0 {
			pad = 1
		}
		a.Min, a.Max = a.Min-pad, a.Max+pad
	}
}

func glyph(c color.Color, radius vg.Length, shape draw.GlyphDrawer) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: radius, Shape: shape}
}

func xys(points []Point) plotter.XYs {
	out := make(plotter.XYs, len(points))
	for i, a := range points {
		out[i] = plotter.XY{X: a.Cost, Y: 100 * a.Accuracy}
	}
	return out
}
