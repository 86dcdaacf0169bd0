package drawing

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"
)

// draw draws title, legend and architectures.
func (d *layout) draw(s sheet) {
	if d.Title != "" {
		s.with(d.names).text(margin, margin+nameText/2, d.Title)
	}
	for _, e := range d.key {
		e.mark(s, e.x, e.y)
		s.text(e.x+e.wide+keyGap, e.y, e.words)
	}
	for _, b := range d.bands {
		for _, x := range b.columns {
			d.heading(s, b, x)
			d.chain(s, b, x)
		}
	}
}

// heading writes an architecture's name and facts.
func (d *layout) heading(s sheet, b *band, c column) {
	y := b.top + nameText/2
	for _, line := range c.name {
		s.with(d.names).text(c.left, y, line)
		y += nameText + 3
	}
	for _, line := range c.facts {
		s.text(c.left, y, line)
		y += lineHeight + 1
	}
}

// chain draws an architecture from its image down to its head.
func (d *layout) chain(s sheet, b *band, c column) {
	x := c.left + c.gutter + c.body/2
	s.centred().text(x, b.stem-14, c.Image)
	s.line(x, b.stem-9, x, b.layers[0], wire)
	c.stem.draw(s, x, b.stem+c.stem.height/2, fixedParts)
	s.colored(faintText).text(c.left, b.layers[0]-5, c.Inner)
	for l, layer := range c.Layers {
		top, middle := b.layers[l], b.layers[l]+fork+b.heights[l]/2
		bottom := middle + b.heights[l]/2 + fork
		s.colored(faintText).right().text(c.left+c.gutter-8, middle, fmt.Sprint(l))
		d.layer(s, x, top, bottom, c.rows[l], layer.Identity)
		if layer.Join != "" {
			s.colored(faintText).text(x+4, top, layer.Join)
		}
		s.line(x, bottom, x, b.layers[l+1], wire)
		if !layer.Normal {
			s.line(c.left, bottom+3, c.left+c.gutter+c.body, bottom+3, reduction)
			s.colored(faintText).text(c.left, bottom+10, layer.Output)
		}
	}
	end := b.layers[len(c.Layers)]
	s.line(x, end, x, end+fork, wire)
	c.head.draw(s, x, end+fork+c.head.height/2, fixedParts)
}

// layer draws a layer's paths between two heights. One path leads through each block. The identity path runs on their
// left, or at x if there are no blocks.
func (d *layout) layer(s sheet, x, top, bottom vg.Length, row []tile, through bool) {
	left := x - blocksWidth(row)/2
	first, last := x, x // the paths at the ends
	if through {
		if len(row) > 0 {
			first = left - slot/2
		}
		s.line(first, top+fork/2, first, bottom-fork/2, identity)
	}
	for _, t := range row {
		at := left + t.width/2
		first, last = min(first, at), max(last, at)
		s.line(at, top+fork/2, at, bottom-fork/2, wire)
		t.draw(s, at, (top+bottom)/2, d.colors[t.Family])
		left += t.width + blockGap
	}
	for _, y := range []vg.Length{top + fork/2, bottom - fork/2} {
		s.line(first, y, last, y, wire)
	}
	s.line(x, top, x, top+fork/2, wire)
	s.line(x, bottom-fork/2, x, bottom, wire)
}

// keyGap separates a mark of the legend from its words.
const keyGap = 5 * vg.Length(1)

// entry is a mark of the legend with its words and its place on the page.
type entry struct {
	mark  func(s sheet, x, y vg.Length)
	wide  vg.Length // width of the mark
	words string
	x, y  vg.Length
}

// legend explains the families, lines and figures that occur in the drawing. Entries break into lines at the drawing's
// width.
func (d *layout) legend() (all []entry) {
	x, y := margin, margin
	if d.Title != "" {
		y += nameText + 10
	}
	add := func(words string, wide vg.Length, mark func(s sheet, x, y vg.Length)) {
		whole := wide + keyGap + d.letters.wide(words)
		if x > margin && x+whole > d.width-margin {
			x, y = margin, y+lineHeight+4
		}
		all = append(all, entry{mark, wide, words, x, y})
		x += whole + 14
	}
	for _, f := range d.families() {
		add(f, 12, func(s sheet, x, y vg.Length) { s.rounded(x, y-4, 12, 8, 2, d.colors[f]) })
	}
	add("identity", 2, func(s sheet, x, y vg.Length) { s.line(x+1, y-5, x+1, y+5, identity) })
	add("after a reduction layer: shape of its output", 13, func(s sheet, x, y vg.Length) {
		s.line(x, y, x+13, y, reduction)
	})
	bold := d.letters.bold()
	for _, f := range d.figures() {
		add(f[1], bold.wide(f[0]), func(s sheet, x, y vg.Length) { s.with(bold).text(x, y, f[0]) })
	}
	return all
}

// keyBottom is where the legend ends.
func (d *layout) keyBottom() vg.Length { return d.key[len(d.key)-1].y + lineHeight }

// figures lists the signs that occur in blocks, each with its meaning.
func (d *layout) figures() (all [][2]string) {
	for _, f := range []struct {
		sign, words string
		shown       func(tile) bool
	}{
		{"k×k", "kernels, the block's height", func(t tile) bool { return len(t.Kernels) > 0 }},
		{"e", "expansion, the block's width", func(t tile) bool { return t.Expand != 0 }},
		{"d", "dilation", func(t tile) bool { return t.Dilation > 1 }},
		{"g", "groups of its convolutions", func(t tile) bool { return t.grouped() }},
		{"SE", "squeeze-and-excite", func(t tile) bool { return t.SE }},
	} {
		if slices.ContainsFunc(d.tiles(), f.shown) {
			all = append(all, [2]string{f.sign, f.words})
		}
	}
	return all
}
