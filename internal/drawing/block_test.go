package drawing

import (
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// Texts of blocks are within them.
func TestTilesHoldTheirTexts(t *testing.T) {
	l := newLettering(blockText)
	for i := range 60 {
		tile := newTile(l, mixed(i))
		for _, line := range tile.lines {
			if l.wide(line) > tile.width {
				t.Errorf("%q is wider than its block", line)
			}
		}
		if lineHeight*vg.Length(len(tile.lines)) > tile.height || tile.width > 250 {
			t.Errorf("%+v", tile)
		}
		got := strings.ReplaceAll(strings.Join(tile.lines, ""), " ", "")
		want := strings.ReplaceAll(mixed(i).Name+mixed(i).kernels()+mixed(i).figures(), " ", "")
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestBlockWords(t *testing.T) {
	for want, b := range map[string]Block{
		"5×5 / e3":               {Kernels: [][2]int{{5, 5}}, Expand: 3, Dilation: 1, Groups: []int{1, 1}},
		"3×3 / e1 d3 SE":         {Kernels: [][2]int{{3, 3}}, Expand: 1, Dilation: 3, SE: true},
		"3×3 / e6 g1.2":          {Kernels: [][2]int{{3, 3}}, Expand: 6, Groups: []int{1, 2}},
		"1×7 + 7×1 / e0.5":       {Kernels: [][2]int{{1, 7}, {7, 1}}, Expand: 0.5},
		"3×3 + 5×5 + 7×7 + … / ": {Kernels: [][2]int{{3, 3}, {5, 5}, {7, 7}, {9, 9}, {3, 3}}},
		" / e1 g1.2.3.…":         {Expand: 1, Groups: []int{1, 2, 3, 4, 5}},
		" / ":                    {Name: "softpool-k5"},
	} {
		if got := b.kernels() + " / " + b.figures(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
