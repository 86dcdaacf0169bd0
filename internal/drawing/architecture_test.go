package drawing

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/drawing/drawingtest"
)

// chain is an architecture with a layer for each letter: N is normal, others reduce. n gives the number of blocks
// of a layer, and block makes the i-th block of all.
func chain(name, letters string, n func(layer int) int, block func(i int) Block) Architecture {
	a := Architecture{
		Name:  name,
		Facts: []string{"75.3 % accuracy (ImageNet, as published)", "326.3 M MACs, 4,570,464 parameters"},
		Image: "224×224×3",
		Stem:  "stem: 3×3, stride 2",
		Inner: "112×112×16",
		Head:  "head: 1×1 to 1024, mean, 1000 classes",
	}
	i := 0
	for l, letter := range letters {
		layer := Layer{Output: "112×112×1024", Normal: letter == 'N', Identity: letter == 'N'}
		for range n(l) {
			layer.Blocks = append(layer.Blocks, block(i))
			i++
		}
		a.Layers = append(a.Layers, layer)
	}
	return a
}

// mixed is block i of a sequence that goes through every field of a block.
func mixed(i int) Block {
	k := 3 + 2*(i%5)
	all := []Block{
		{Family: "mbconv", Kernels: [][2]int{{k, k}}, Expand: float64(1 + i%6), Dilation: 1 + i%3, Groups: []int{1, 1}},
		{Family: "ssc", Kernels: [][2]int{{1, k}, {k, 1}}, Expand: 1, Dilation: 1, SE: i%2 == 0},
		{Family: "mbconv", Kernels: [][2]int{{k, k}}, Expand: 6, Dilation: 3, Groups: []int{2, 2}, SE: true},
		{Family: "dualconv", Kernels: [][2]int{{3, 3}, {3, 3}}, Expand: 0.25, Groups: []int{1, 1, 32, 1}},
		{Name: "soft-pool-k3-mmax-w0.25", Family: "soft-pool"},
		{
			Name: strings.Repeat("x", 60) + "-k3", Family: strings.Repeat("x", 60),
			Kernels: [][2]int{{3, 3}, {5, 5}, {7, 7}, {9, 9}, {11, 11}}, Expand: 64,
		},
	}
	return all[i%len(all)]
}

// sampleArchitectures are pictures by the name of their file.
func sampleArchitectures() map[string]Architectures {
	one := chain("NSENet", "NRNNNRNNNRNNNENNNRNNNE", func(l int) int { return 1 + l%3 }, mixed)
	long := "<an> architecture \x01\xff of a very long name indeed, " + strings.Repeat("y", 80)
	odd := chain(long, "RRENN", func(l int) int { return 5 - l }, mixed)
	identities := chain("identity", "NNN", func(int) int { return 0 }, mixed)
	plain := chain("a", "RN", func(l int) int { return 1 + l }, mixed)
	front := Architectures{Title: "front of a run in a folder with a rather long name " + strings.Repeat("z", 30)}
	for i := range 11 {
		blocks := func(l int) int { return (l + i) % 4 * (1 - l/4) }
		front.List = append(front.List, chain(fmt.Sprintf("front-%d", i+1), "NRNRN", blocks, mixed))
	}
	for i := range front.List { // no layer that needs one is empty
		for l := range front.List[i].Layers {
			if layer := &front.List[i].Layers[l]; !layer.Normal && len(layer.Blocks) == 0 {
				layer.Blocks = []Block{mixed(i)}
			}
		}
	}
	return map[string]Architectures{
		"architecture":       {List: []Architecture{one}},
		"architecture-odd":   {List: []Architecture{odd, identities, one}},
		"architecture-front": front,
		"architecture-none":  {},
		"architecture-plain": {List: []Architecture{plain}},
	}
}

// TestArchitectures checks that everything is drawn once and nothing over another, and that a PNG shows as much.
func TestArchitectures(t *testing.T) {
	for name, a := range sampleArchitectures() {
		text := drawingtest.Drawn(t, name, "svg", a.SVG)
		drawingtest.WellFormed(t, name, text)
		complete(t, name, a, string(text))
		disjoint(t, name, text)
		d := a.layOut()
		m, err := png.Decode(bytes.NewReader(drawingtest.Drawn(t, name, "png", a.PNG)))
		if err != nil {
			t.Fatal(err)
		}
		if size := m.Bounds().Size(); size.X != int(2*d.width+0.5) || size.Y != int(2*d.height+0.5) {
			t.Errorf("%s: %v pixels for %g×%g points", name, size, d.width, d.height)
		}
	}
}

// complete checks that an SVG has every block, a line after every reduction layer, and every family in its legend.
func complete(t *testing.T, name string, a Architectures, svg string) {
	t.Helper()
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
	// The corners of the legend have another radius.
	if got, want := strings.Count(svg, "A3,3"), 4*(blocks+2*len(a.List)); got != want {
		t.Errorf("%s: %d corners of blocks, want %d", name, got, want)
	}
	if got, want := strings.Count(svg, "stroke-dasharray:4,3"), reductions+1; got != want {
		t.Errorf("%s: %d lines after reduction layers (one in the legend), want %d", name, got, want)
	}
	if got := strings.Count(svg, "A2,2") / 4; got != len(families) {
		t.Errorf("%s: %d families in the legend, want %d", name, got, len(families))
	}
}

func TestTooLargeForPNG(t *testing.T) {
	deep := chain("deep", strings.Repeat("N", 10000), func(int) int { return 1 }, mixed)
	_, err := Architectures{List: []Architecture{deep}}.PNG()
	if fmt.Sprint(err) != "the drawing is too large for a PNG: draw fewer architectures, or an SVG" {
		t.Error(err)
	}
}
