package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// chain is an architecture whose layers follow letters; n says how many blocks a layer has.
func chain(name, letters string, n func(layer int) int, block func(i int) Block) Architecture {
	a := Architecture{Name: name, Facts: []string{"75.3 % accuracy (ImageNet, as published)", "326.3 M MACs, 4,570,464 parameters"},
		Image: "224×224×3", Stem: "stem: 3×3, stride 2", Inner: "112×112×16", Head: "head: 1×1 to 1024, mean, 1000 classes"}
	i := 0
	for l, letter := range letters {
		layer := Layer{Output: "112×112×1024", Normal: letter == 'N'}
		for range n(l) {
			layer.Blocks = append(layer.Blocks, block(i))
			i++
		}
		a.Layers = append(a.Layers, layer)
	}
	return a
}

// mixed goes through all that a block can be.
func mixed(i int) Block {
	k := 3 + 2*(i%5)
	all := []Block{
		{Family: "mbconv", Kernels: [][2]int{{k, k}}, Expand: float64(1 + i%6), Dilation: 1 + i%3, Groups: []int{1, 1}},
		{Family: "ssc", Kernels: [][2]int{{1, k}, {k, 1}}, Expand: 1, Dilation: 1, SE: i%2 == 0},
		{Family: "mbconv", Kernels: [][2]int{{k, k}}, Expand: 6, Dilation: 3, Groups: []int{2, 2}, SE: true},
		{Family: "dualconv", Kernels: [][2]int{{3, 3}, {3, 3}}, Expand: 0.25, Groups: []int{1, 1, 32, 1}},
		{Name: "soft-pool-k3-mmax-w0.25", Family: "soft-pool"},
		{Name: strings.Repeat("x", 60) + "-k3", Family: strings.Repeat("x", 60), Kernels: [][2]int{{3, 3}, {5, 5}, {7, 7}, {9, 9}, {11, 11}}, Expand: 64},
	}
	return all[i%len(all)]
}

func sampleArchitectures() map[string]Architectures {
	three := func(l int) int { return l % 4 }
	one := chain("NSENet", "NRNNNRNNNRNNNENNNRNNNE", func(l int) int { return 1 + l%3 }, mixed)
	odd := chain("<an> architecture \x01\xff of a very long name indeed, "+strings.Repeat("y", 80), "RRENN", func(l int) int { return 5 - l }, mixed)
	front := Architectures{Title: "front of a run in a folder with a rather long name " + strings.Repeat("z", 30)}
	for i := range 11 {
		front.List = append(front.List, chain(fmt.Sprintf("front-%d", i+1), "NRNRN", func(l int) int { return (l + i) % 4 * (1 - l/4) }, mixed))
	}
	for i := range front.List { // no layer that needs one is empty
		for l := range front.List[i].Layers {
			if layer := &front.List[i].Layers[l]; !layer.Normal && len(layer.Blocks) == 0 {
				layer.Blocks = []Block{mixed(i)}
			}
		}
	}
	return map[string]Architectures{
		"architecture": {List: []Architecture{one}}, "architecture-odd": {List: []Architecture{odd, chain("identity", "NNN", func(int) int { return 0 }, mixed), one}},
		"architecture-front": front, "architecture-none": {}, "architecture-plain": {List: []Architecture{chain("a", "RN", func(l int) int { return 1 + three(l) }, mixed)}},
	}
}

// TestArchitectures checks that everything is drawn once and nothing over another, and that a PNG shows as much. With
// NSE_PLOT_DIR it leaves the files there.
func TestArchitectures(t *testing.T) {
	for name, a := range sampleArchitectures() {
		text, err := a.SVG()
		if err != nil {
			t.Fatal(err)
		}
		again, err := a.SVG()
		if err != nil || !bytes.Equal(text, again) {
			t.Errorf("%s: drawn twice, the bytes differ (error %v)", name, err)
		}
		wellFormed(t, name, text)
		blocks, reductions := 0, 0
		families := map[string]bool{}
		for _, x := range a.List {
			for _, l := range x.Layers {
				blocks += len(l.Blocks)
				if !l.Normal {
					reductions++
				}
				for _, b := range l.Blocks {
					families[b.Family] = true
				}
			}
		}
		if got, want := strings.Count(string(text), "A3,3"), 4*(blocks+2*len(a.List)); got != want { // the legend's corners have another radius
			t.Errorf("%s: %d corners of blocks, want %d", name, got, want)
		}
		if got, want := strings.Count(string(text), "stroke-dasharray:4,3"), reductions+1; got != want {
			t.Errorf("%s: %d lines after reduction layers (one in the legend), want %d", name, got, want)
		}
		if got := strings.Count(string(text), "A2,2") / 4; got != len(families) {
			t.Errorf("%s: %d families in the legend, want %d", name, got, len(families))
		}
		disjoint(t, name, text)
		picture, err := a.PNG()
		if err != nil {
			t.Fatal(err)
		}
		more, err := a.PNG()
		if err != nil || !bytes.Equal(picture, more) {
			t.Errorf("%s: drawn twice, the bytes of the PNG differ (error %v)", name, err)
		}
		d := a.layOut()
		m, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		if size := m.Bounds().Size(); size.X != int(2*d.width+0.5) || size.Y != int(2*d.height+0.5) {
			t.Errorf("%s: %v pixels for %g×%g points", name, size, d.width, d.height)
		}
		if dir := os.Getenv("NSE_PLOT_DIR"); dir != "" {
			err := errors.Join(os.WriteFile(filepath.Join(dir, name+".svg"), text, 0o644), os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// written is a text of an SVG with the room that it takes.
type written struct {
	words                    string
	left, right, top, bottom float64
}

// disjoint checks that no text leaves the page or touches another one.
func disjoint(t *testing.T, name string, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	var all []written
	var width, height float64
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attrs := map[string]string{}
		for _, a := range start.Attr {
			attrs[a.Name.Local] = a.Value
		}
		switch start.Name.Local {
		case "svg":
			if _, err := fmt.Sscanf(attrs["viewBox"], "0 0 %g %g", &width, &height); err != nil {
				t.Fatal(err)
			}
		case "text":
			var words string
			if err := d.DecodeElement(&words, &start); err != nil {
				t.Fatal(err)
			}
			all = append(all, extent(t, attrs, words))
		}
	}
	if len(all) == 0 {
		t.Errorf("%s: no texts", name)
	}
	for i, a := range all {
		if a.left < 0 || a.top < 0 || a.right > width || a.bottom > height {
			t.Errorf("%s: %+v leaves the page of %g×%g", name, a, width, height)
		}
		for _, b := range all[:i] {
			if a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom {
				t.Errorf("%s: %+v overlaps %+v", name, a, b)
			}
		}
	}
}

func extent(t *testing.T, attrs map[string]string, words string) written {
	t.Helper()
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	_, size, _ := strings.Cut(attrs["style"], "font-size:")
	size, _, _ = strings.Cut(size, "px")
	l := newLettering(vg.Length(number(size)))
	if strings.Contains(attrs["style"], "font-weight:bold") {
		l = l.bold()
	}
	wide := float64(l.wide(words))
	x, y := number(attrs["x"]), number(attrs["y"])
	left := map[string]float64{"start": x, "middle": x - wide/2, "end": x - wide}[attrs["text-anchor"]]
	return written{words, left, left + wide, y - 0.73*number(size), y + 0.2*number(size)}
}

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
		if got, want := strings.Join(tile.lines, ""), mixed(i).Name+mixed(i).kernels()+mixed(i).figures(); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
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

// Families have colours of their own, up to many more than a pool has, and the same ones in company of others.
func TestFamilyColors(t *testing.T) {
	var names []string
	for i := range 18 {
		names = append(names, fmt.Sprintf("family-%d", i))
	}
	for _, few := range [][]string{names, {"mbconv", "ssc", "box", "conv", "dualconv", "shuffle"}} {
		colors := colorFamilies(few)
		seen := map[any]string{}
		for _, name := range few {
			if other, taken := seen[colors[name]]; taken {
				t.Errorf("%s and %s have one colour", name, other)
			}
			seen[colors[name]] = name
		}
	}
	if a, b := colorFamilies([]string{"box"}), colorFamilies([]string{"ssc", "box", "mbconv"}); a["box"] != b["box"] || b["mbconv"] != blue {
		t.Errorf("%v and %v", a, b)
	}
}

func TestTooLargeForPNG(t *testing.T) {
	a := Architectures{List: []Architecture{chain("deep", strings.Repeat("N", 10000), func(int) int { return 1 }, mixed)}}
	if _, err := a.PNG(); fmt.Sprint(err) != "the drawing is too large for a PNG: draw fewer architectures, or an SVG" {
		t.Error(err)
	}
}
