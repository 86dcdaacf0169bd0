package drawing

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of the drawing of architectures.
const (
	nameText  = 10 * vg.Length(1)
	margin    = 14 * vg.Length(1)
	columnGap = 26 * vg.Length(1)
	bandGap   = 24 * vg.Length(1) // between bands
	blockGap  = 6 * vg.Length(1)
	slot      = 12 * vg.Length(1) // room of the identity path beside the blocks
	fork      = 9 * vg.Length(1)  // room of the branching paths above and below the blocks of a layer
	afterLine = 18 * vg.Length(1) // room of the dashed line after a reduction layer, and of the shape beneath it
	abreast   = 8                 // architectures in a band
)

// Lines and colours of the drawing of architectures.
var (
	wire       = draw.LineStyle{Color: Ink, Width: 0.7}
	identity   = draw.LineStyle{Color: Ink, Width: 1.6}
	reduction  = draw.LineStyle{Color: Ink, Width: 0.8, Dashes: []vg.Length{4, 3}}
	fixedParts = color.NRGBA{0xdd, 0xdd, 0xdd, 0xff}
	faintText  = color.NRGBA{0x66, 0x66, 0x66, 0xff}
)

// layout is a drawing of architectures with its measures, in points.
type layout struct {
	Architectures
	letters, names lettering
	colors         map[string]color.NRGBA
	bands          []*band
	key            []entry
	width, height  vg.Length
}

// band is a row of architectures. Layers of one number stand at one height. Heights count from the top of the page.
type band struct {
	columns []column
	top     vg.Length   // of the names
	stem    vg.Length   // top of the stem
	layers  []vg.Length // top of each layer, then of the head
	heights []vg.Length // room for the blocks of each layer
	bottom  vg.Length
}

// column is an architecture with its measures.
type column struct {
	Architecture
	name, facts []string // lines
	stem, head  tile
	rows        [][]tile  // by layer
	left        vg.Length // from the left of the page
	gutter      vg.Length // width of the layers' numbers and of the shapes
	body        vg.Length // width of the blocks, beside the gutter
	width       vg.Length // whole: at least gutter and body
}

// layOut measures the drawing. Widths come first, because the legend breaks into lines at the drawing's width.
func (a Architectures) layOut() *layout {
	d := &layout{Architectures: a, letters: newLettering(blockText), names: newLettering(nameText).bold()}
	for list := range slices.Chunk(a.List, abreast) {
		b := &band{}
		left := margin
		for _, x := range list {
			c := d.column(x)
			c.left = left
			left += c.width + columnGap
			b.columns = append(b.columns, c)
		}
		d.width = max(d.width, left-columnGap+margin)
		d.bands = append(d.bands, b)
	}
	d.width = max(d.width, 300, d.names.wide(a.Title)+2*margin)
	d.colors = colorFamilies(d.families())
	d.key = d.legend()
	y := d.keyBottom() + 8
	for _, b := range d.bands {
		y = b.place(y) + bandGap
	}
	d.height = y - bandGap + margin
	return d
}

// families lists the families of all blocks once each, in alphabetical order.
func (d *layout) families() (names []string) {
	for _, t := range d.tiles() {
		names = append(names, t.Family)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// tiles lists the tiles of all layers.
func (d *layout) tiles() (all []tile) {
	for _, b := range d.bands {
		for _, c := range b.columns {
			all = append(all, slices.Concat(c.rows...)...)
		}
	}
	return all
}

// column measures an architecture. Its place on the page is not known yet.
func (d *layout) column(a Architecture) column {
	c := column{Architecture: a, stem: newBox(d.letters, a.Stem), head: newBox(d.letters, a.Head)}
	c.gutter = d.letters.wide(a.Inner)
	c.body = max(c.stem.width, c.head.width, d.letters.wide(a.Image))
	for _, l := range a.Layers {
		var row []tile
		for _, b := range l.Blocks {
			row = append(row, newTile(d.letters, b))
		}
		c.rows = append(c.rows, row)
		c.body = max(c.body, blocksWidth(row)+2*slot)
		c.gutter = max(c.gutter, d.letters.wide(l.Output))
	}
	c.gutter += 6
	c.width = max(c.gutter+c.body, 160)
	c.name = d.names.wrap(a.Name, c.width, c.width)
	for _, f := range a.Facts {
		c.facts = append(c.facts, d.letters.wrap(f, c.width, c.width)...)
	}
	return c
}

// blocksWidth is the width of a layer's blocks with the gaps between them; 0 without blocks.
func blocksWidth(row []tile) (width vg.Length) {
	for _, t := range row {
		width += t.width + blockGap
	}
	return max(width-blockGap, 0)
}

// place sets where every part of a band stands, from its top down. It returns the band's bottom.
func (b *band) place(top vg.Length) vg.Length {
	var names, facts, stem, head vg.Length
	layers := 0
	for _, c := range b.columns {
		names, facts = max(names, vg.Length(len(c.name))), max(facts, vg.Length(len(c.facts)))
		stem, head = max(stem, c.stem.height), max(head, c.head.height)
		layers = max(layers, len(c.Layers))
	}
	b.top = top
	b.stem = top + names*(nameText+3) + facts*(lineHeight+1) + 24
	y := b.stem + stem + afterLine
	for l := range layers {
		b.layers = append(b.layers, y)
		height, reduces := b.layer(l)
		b.heights = append(b.heights, height)
		y += height + 2*fork
		if reduces {
			y += afterLine
		}
	}
	b.layers = append(b.layers, y)
	b.bottom = y + fork + head
	return b.bottom
}

// layer returns the height of the tallest block of layer l, and whether any architecture reduces there.
func (b *band) layer(l int) (height vg.Length, reduces bool) {
	height = 10
	for _, c := range b.columns {
		if l >= len(c.Layers) {
			continue
		}
		reduces = reduces || !c.Layers[l].Normal
		for _, t := range c.rows[l] {
			height = max(height, t.height)
		}
	}
	return height, reduces
}
