package drawing

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
)

// History is how the operations of a search fared (the paper's Figure 9).
type History struct {
	Rounds, Layers int // their numbers
	Groups         []Group
}

// Group is operations that came to a search together.
type Group struct {
	Title string
	Round int // first round that could take them, from 1
	Ops   []Life
}

// Life is what became of an operation at every layer.
type Life struct {
	Op    string
	Slots [][]Slot // [Rounds][Layers]; the first element is round 1
	Ended int      // round in which the operation was quarantined, from 1; 0: it was not
}

// Slot is an operation at a layer in a round.
type Slot struct {
	Fate      Fate
	Inherited bool // the operation was in the subset because the last front used it
}

// Fate is what became of an operation at a layer in a round.
type Fate int

// The fates of operations.
const (
	Absent    Fate = iota // not in the subset
	Going                 // in the subset of a round that has not ended, or was given up
	Kept                  // the round's front uses it
	LetGo                 // the round's front does not use it
	Dropped               // the operation's fitness fell below the threshold
	Unsampled             // no architecture within the budget uses it
)

// Colours of histories alone.
var (
	ground = color.NRGBA{0xf3, 0xf3, 0xf3, 0xff} // behind the squares of a round
	silver = color.NRGBA{0xc4, 0xc4, 0xc4, 0xff}
	coal   = color.NRGBA{0x77, 0x77, 0x77, 0xff}
	sky    = color.NRGBA{0x9e, 0xd2, 0xf2, 0xff}
)

// fates gives each fate its colour and its words in the legend. Absent has neither.
var fates = map[Fate]struct {
	color color.Color
	words string
}{
	Kept:      {Blue, "on the round's front: stays"},
	LetGo:     {silver, "not on the front: let go"},
	Dropped:   {Orange, "dropped: low fitness"},
	Unsampled: {coal, "not sampled within the budget"},
	Going:     {sky, "round without a front"},
}

// Sizes of the drawing of a history.
const (
	rowHeight  = 11 * vg.Length(1)
	roundGap   = 10 * vg.Length(1)
	textSize   = 8 * vg.Length(1)
	headHeight = 62 * vg.Length(1)
)

// SVG draws a row for each operation and a column for each round. A column has a square for each layer.
func (h History) SVG() ([]byte, error) {
	d := historyDrawing{History: h, letters: newLettering(textSize)}
	d.side = min(max(90/vg.Length(max(h.Layers, 1)), 4), 10)
	height := headHeight + 8
	for _, g := range h.Groups {
		height += rowHeight * vg.Length(len(g.Ops)+2)
		for _, op := range g.Ops {
			d.names = max(d.names, d.letters.wide(op.Op))
		}
	}
	d.names += 24
	width := max(d.column(h.Rounds)+roundGap, 650)
	return svgSheet(width, height, d.letters, d.draw)
}

// historyDrawing is a History with its measures, in points.
type historyDrawing struct {
	History
	letters lettering
	side    vg.Length // width of a layer's square with its margin
	names   vg.Length // width of the column of names
}

// column is the left end of a round's column. Rounds count from 0 here.
func (d *historyDrawing) column(round int) vg.Length {
	return d.names + vg.Length(round)*(d.side*vg.Length(d.Layers)+roundGap)
}

// draw draws the legend, the rounds' numbers, and every group beneath its title.
func (d *historyDrawing) draw(s sheet) {
	d.legend(s)
	for r := range d.Rounds {
		s.text(d.column(r), 48, fmt.Sprintf("round %d", r+1))
	}
	y := headHeight
	for _, g := range d.Groups {
		y += rowHeight / 2
		s.with(d.letters.bold()).text(8, y, g.Title)
		y += rowHeight
		for _, op := range g.Ops {
			d.row(s, y, op, g.Round)
			y += rowHeight
		}
		y += rowHeight / 2
	}
}

// row draws an operation around y. Rounds before from are blank. So are rounds after its quarantine, unless it came
// again.
func (d *historyDrawing) row(s sheet, y vg.Length, op Life, from int) {
	s.text(16, y, op.Op)
	for r, slots := range op.Slots {
		absent := !slices.ContainsFunc(slots, func(s Slot) bool { return s.Fate != Absent })
		if r+1 < from || op.Ended > 0 && r+1 > op.Ended && absent {
			continue
		}
		x := d.column(r)
		s.box(x, y, d.side*vg.Length(d.Layers)-1, rowHeight-1, ground)
		for l, slot := range slots {
			if slot.Fate == Absent {
				continue
			}
			left := x + d.side*vg.Length(l)
			s.box(left, y, d.side-1, rowHeight-1, fates[slot.Fate].color)
			if slot.Inherited {
				s.box(left, y, d.side-1, 2, Ink)
			}
		}
		if r+1 == op.Ended {
			s.cross(d.column(r+1)-roundGap/2, y)
		}
	}
}

// legend explains the squares. The cross is explained only if an operation was quarantined.
func (d *historyDrawing) legend(s sheet) {
	const title = "Operations by round; a square for each of the %d layers, the first on the left"
	s.text(8, 12, fmt.Sprintf(title, d.Layers))
	x := 8 * vg.Length(1)
	entry := func(mark func(), words string) {
		mark()
		s.text(x+12, 29, words)
		x += 12 + d.letters.wide(words) + 12
	}
	for _, f := range []Fate{Kept, LetGo, Dropped, Unsampled, Going} {
		entry(func() { s.box(x, 29, 9, 9, fates[f].color) }, fates[f].words)
	}
	entry(func() { s.box(x, 29, 9, 2, Ink) }, "inherited")
	if d.quarantines() {
		entry(func() { s.cross(x+4, 29) }, "quarantined")
	}
}

// quarantines says whether any operation was quarantined.
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
