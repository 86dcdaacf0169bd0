package plot

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// History is how the operations of a search fared (the paper's Figure 9).
type History struct {
	Rounds, Layers int
	Groups         []Group
}

// Group is the operations that came to a search together.
type Group struct {
	Title string
	Round int // from which on they waited
	Ops   []Life
}

// Life is what became of an operation at every layer.
type Life struct {
	Op    string
	Slots [][]Slot // by round, from 1, and layer
	Ended int      // round in which it was quarantined; 0: it was not
}

// Slot is an operation at a layer in a round.
type Slot struct {
	Fate      Fate
	Inherited bool // it was in the subset because the last front used it
}

// Fate is what became of an operation at a layer in a round.
type Fate int

// The fates of operations.
const (
	Absent  Fate = iota // not in the subset
	Going               // in the subset of a round that has not ended, or was given up
	Kept                // the round's front uses it
	LetGo               // the round's front does not use it
	Dropped             // its fitness fell below the threshold
)

// fates are the colours and the words of the legend.
var fates = map[Fate]struct {
	color color.Color
	words string
}{
	Kept:    {blue, "on the round's front: stays"},
	LetGo:   {silver, "not on the front: let go"},
	Dropped: {orange, "dropped: low fitness"},
	Going:   {sky, "round without a front"},
}

// Sizes of the drawing.
const (
	rowHeight  = 11 * vg.Length(1)
	roundGap   = 10 * vg.Length(1)
	textSize   = 8 * vg.Length(1)
	headHeight = 62 * vg.Length(1)
)

// SVG draws a row for each operation and a column for each round, in which every layer has a square of its own.
func (h History) SVG() ([]byte, error) {
	d := historyDrawing{History: h, style: newPlot("", "", "", textSize).Legend.TextStyle}
	d.style.YAlign = draw.YCenter
	d.side = min(max(90/vg.Length(max(h.Layers, 1)), 4), 10)
	height := headHeight + 8
	for _, g := range h.Groups {
		height += rowHeight * vg.Length(len(g.Ops)+2)
		for _, op := range g.Ops {
			d.names = max(d.names, d.wide(op.Op))
		}
	}
	d.names += 24
	width := max(d.column(h.Rounds)+roundGap, 650)
	return svg(width, height, d.draw)
}

// historyDrawing is a History with its measures.
type historyDrawing struct {
	History
	style text.Style
	side  vg.Length // of a layer's square with its margin
	names vg.Length // width of the column of names
	top   vg.Length // of the page
}

// column is the left end of a round's column, from 0.
func (d *historyDrawing) column(round int) vg.Length {
	return d.names + vg.Length(round)*(d.side*vg.Length(d.Layers)+roundGap)
}

func (d *historyDrawing) draw(c draw.Canvas) {
	d.top = c.Max.Y
	d.legend(c)
	for r := range d.Rounds {
		d.text(c, d.column(r), 48, fmt.Sprintf("round %d", r+1))
	}
	y := headHeight
	for _, g := range d.Groups {
		y += rowHeight / 2
		bold := *d
		bold.style.Font.Weight = 2 // bold
		bold.text(c, 8, y, g.Title)
		y += rowHeight
		for _, op := range g.Ops {
			d.row(c, y, op, g.Round)
			y += rowHeight
		}
		y += rowHeight / 2
	}
}

// row draws an operation, of which nothing is to be seen before it came.
func (d *historyDrawing) row(c draw.Canvas, y vg.Length, op Life, from int) {
	d.text(c, 16, y, op.Op)
	for r, slots := range op.Slots {
		if r+1 < from || op.Ended > 0 && r+1 > op.Ended {
			continue
		}
		x := d.column(r)
		d.box(c, x, y, d.side*vg.Length(d.Layers)-1, rowHeight-1, ground)
		for l, s := range slots {
			if s.Fate == Absent {
				continue
			}
			left := x + d.side*vg.Length(l)
			d.box(c, left, y, d.side-1, rowHeight-1, fates[s.Fate].color)
			if s.Inherited {
				d.box(c, left, y, d.side-1, 2, ink)
			}
		}
		if r+1 == op.Ended {
			d.cross(c, d.column(r+1)-roundGap/2, y)
		}
	}
}

// legend explains the squares.
func (d *historyDrawing) legend(c draw.Canvas) {
	d.text(c, 8, 12, fmt.Sprintf("Operations by round; a square for each of the %d layers, the first on the left", d.Layers))
	x := 8 * vg.Length(1)
	entry := func(mark func(), words string) {
		mark()
		d.text(c, x+12, 29, words)
		x += 12 + d.wide(words) + 12
	}
	for _, f := range []Fate{Kept, LetGo, Dropped, Going} {
		entry(func() { d.box(c, x, 29, 9, 9, fates[f].color) }, fates[f].words)
	}
	entry(func() { d.box(c, x, 29, 9, 2, ink) }, "inherited")
	if d.quarantines() {
		entry(func() { d.cross(c, x+4, 29) }, "quarantined")
	}
}

func (d *historyDrawing) quarantines() bool {
	for _, g := range d.Groups {
		for _, op := range g.Ops {
			if op.Ended > 0 {
				return true
			}
		}
	}
	return false
}

// wide is room for a text, also where another font has to stand in.
func (d *historyDrawing) wide(s string) vg.Length { return 1.2 * d.style.Width(s) }

// text writes from x on, at y below the top.
func (d *historyDrawing) text(c draw.Canvas, x, y vg.Length, s string) {
	c.FillText(d.style, vg.Point{X: c.Min.X + x, Y: d.top - y}, s)
}

// box fills a rectangle from x on, around y below the top.
func (d *historyDrawing) box(c draw.Canvas, x, y, width, height vg.Length, fill color.Color) {
	left, middle := c.Min.X+x, d.top-y
	c.FillPolygon(fill, []vg.Point{{X: left, Y: middle - height/2}, {X: left + width, Y: middle - height/2},
		{X: left + width, Y: middle + height/2}, {X: left, Y: middle + height/2}})
}

func (d *historyDrawing) cross(c draw.Canvas, x, y vg.Length) {
	c.DrawGlyph(glyph(red, 3, draw.CrossGlyph{}), vg.Point{X: c.Min.X + x, Y: d.top - y})
}
