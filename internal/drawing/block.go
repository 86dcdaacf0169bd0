package drawing

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
)

// words are the lines that stand in a block: name, kernels, figures. Each is wrapped to the width and left out if
// empty.
func (b Block) words(l lettering, width vg.Length) (lines []string) {
	if len(b.Kernels) > 0 {
		lines = append(lines, l.wrap(b.kernels(), width, longest)...)
	}
	if rest := b.figures(); rest != "" {
		lines = append(lines, l.wrap(rest, width, longest)...)
	}
	if b.Name != "" {
		lines = append(l.wrap(b.Name, width, longest), lines...)
	}
	return lines
}

// kernels writes the kernels, such as "1×5 + 5×1".
func (b Block) kernels() string {
	var all []string
	for _, k := range b.Kernels {
		all = append(all, fmt.Sprintf("%d×%d", k[0], k[1]))
	}
	return strings.Join(few(all), " + ")
}

// few shortens a list to what a block can show. An ellipsis stands for the rest.
func few(all []string) []string {
	const most = 4
	if len(all) > most {
		return append(all[:most-1], "…")
	}
	return all
}

// figures writes expansion, dilation, groups and squeeze-and-excite, such as "e3 d2 g1.2 SE".
func (b Block) figures() string {
	var all []string
	if b.Expand != 0 {
		all = append(all, fmt.Sprintf("e%.3g", b.Expand))
	}
	if b.Dilation > 1 {
		all = append(all, fmt.Sprintf("d%d", b.Dilation))
	}
	if b.grouped() {
		all = append(all, "g"+strings.Join(few(strings.Fields(strings.Trim(fmt.Sprint(b.Groups), "[]"))), "."))
	}
	if b.SE {
		all = append(all, "SE")
	}
	return strings.Join(all, " ")
}

// grouped says whether any convolution has more than one group.
func (b Block) grouped() bool {
	return slices.ContainsFunc(b.Groups, func(g int) bool { return g > 1 })
}

// side is the longest side of all kernels; 0 without kernels.
func (b Block) side() (side int) {
	for _, k := range b.Kernels {
		side = max(side, k[0], k[1])
	}
	return side
}

// Sizes of tiles.
const (
	blockText  = 7 * vg.Length(1)
	lineHeight = 8.5 * vg.Length(1)
	longest    = 96 * vg.Length(1) // a word that is wider breaks
)

// tile is a block, or the stem or head, with its lines and measures.
type tile struct {
	Block
	lines         []string
	width, height vg.Length
}

// newTile measures a block: width follows expansion, height follows kernel, up to a limit each. Words that need more
// room widen or heighten it.
func newTile(l lettering, b Block) tile {
	t := tile{Block: b}
	t.width = 38 + 8*vg.Length(min(b.Expand, 16))
	t.height = 17.5 + 1.5*vg.Length(min(b.side(), 21))
	t.fit(l, b.words(l, t.inner()))
	return t
}

// newBox measures the stem or the head.
func newBox(l lettering, words string) tile {
	t := tile{width: 88}
	t.fit(l, l.wrap(words, t.inner(), longest))
	return t
}

// inner is the width between a tile's margins.
func (t tile) inner() vg.Length { return t.width - 6 }

// fit sets a tile's lines and makes it as large as they need.
func (t *tile) fit(l lettering, lines []string) {
	t.lines = lines
	for _, line := range lines {
		t.width = max(t.width, l.wide(line)+6)
	}
	t.height = max(t.height, lineHeight*vg.Length(len(lines))+6)
}

// draw draws a tile around the place x, y.
func (t tile) draw(s sheet, x, y vg.Length, fill color.NRGBA) {
	s.rounded(x-t.width/2, y-t.height/2, t.width, t.height, 3, fill)
	s = s.centred().colored(contrast(fill))
	first := y - lineHeight*vg.Length(len(t.lines)-1)/2
	for i, line := range t.lines {
		s.text(x, first+lineHeight*vg.Length(i), line)
	}
}
