package plot

import (
	"math"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/drawing/drawingtest"
)

func sampleChart() Chart {
	c := Chart{X: "cost (ms)", Y: "accuracy (%)", Ordered: true}
	for round := range 3 {
		s := Series{Name: "round " + string(rune('1'+round)), Line: Stairs}
		for i := range 5 {
			m := Mark{X: float64(i), Y: float64(10*i + round), Title: "<script>a & b", Link: `#a"b`}
			s.Marks = append(s.Marks, m)
		}
		c.Series = append(c.Series, s)
	}
	return c
}

func TestChart(t *testing.T) {
	text, err := sampleChart().SVG()
	if err != nil {
		t.Fatal(err)
	}
	drawingtest.WellFormed(t, "chart", text)
	for what, n := range map[string]int{
		"<circle": 15, "<title>&lt;script&gt;a &amp; b</title>": 15, `<a href="#a&#34;b">`: 15,
		">round 3<": 1, "<script": 0, "#261058": 6,
	} {
		if got := strings.Count(strings.ToLower(string(text)), strings.ToLower(what)); got < n || n == 0 && got > 0 {
			t.Errorf("%q is there %d times, want %d", what, got, n)
		}
	}
	for name, c := range map[string]Chart{
		"empty": {},
		"one":   {Whole: true, Series: []Series{{Name: "a", Marks: []Mark{{X: 1, Y: 1}}, Boxes: true}}},
		"many":  {Ordered: true, Series: make([]Series, 40)},
	} {
		text, err := c.SVG()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		drawingtest.WellFormed(t, name, text)
	}
	if _, err := (Chart{Series: []Series{{Marks: []Mark{{X: math.NaN()}}}}}).SVG(); err == nil {
		t.Error("a mark that is not a number was drawn")
	}
}

func TestWholeTicks(t *testing.T) {
	for _, ends := range [][2]float64{{0.96, 3.04}, {0, 1000}, {1, 1}} {
		ticks := wholeTicks(ends[0], ends[1])
		if len(ticks) == 0 || len(ticks) > 22 {
			t.Errorf("%d ticks in %v", len(ticks), ends)
		}
		for _, tick := range ticks {
			if tick.Value != math.Trunc(tick.Value) || tick.Value < ends[0] || tick.Value > ends[1] {
				t.Errorf("tick %v in %v", tick.Value, ends)
			}
		}
	}
}
