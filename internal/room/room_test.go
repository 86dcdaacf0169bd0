package room

import (
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/text"
)

// The fixed part costs 1. The normal layer has 1, 5 or 50, the reduction 2, 4 or 30.
func world(tau, width float64) (evolve.Problem, measures) {
	p := evolve.Problem{Normal: []bool{true, false}, Fixed: 1, Pool: []evolve.Candidate{
		{Name: "small", Cost: []float64{1, 2}}, {Name: "middle", Cost: []float64{5, 4}},
		{Name: "large", Cost: []float64{50, 30}}}}
	return p, measure(p, 1, evolve.ConstraintConfig{Kind: evolve.MACs, Tau: tau, Width: width})
}

func TestPlaces(t *testing.T) {
	_, m := world(10, 0.2) // 8 to 12
	for _, test := range []struct {
		op            evolve.OpID
		layer         int
		alone, beside float64
		fit           Fit
	}{
		{0, 0, 1 + 1 + 2, 1 + 1 + 4, Median}, // beside the large reduction it costs 32: the interval is within reach
		{1, 0, 1 + 5 + 2, 1 + 5 + 4, Median},
		{2, 0, 1 + 50 + 2, 1 + 50 + 4, Dear},
		{0, 1, 1 + 2, 1 + 2 + 5, Median}, // the normal layer may be empty
		{1, 1, 1 + 4, 1 + 4 + 5, Median},
		{2, 1, 1 + 30, 1 + 30 + 5, Dear},
	} {
		at := m.place(test.op, test.layer)
		if at.Alone != test.alone || at.Beside != test.beside || at.Fit != test.fit {
			t.Errorf("operation %d in layer %d: got %v alone, %v beside, %q", test.op, test.layer, at.Alone, at.Beside,
				at.Fit)
		}
	}
	if _, m := world(7, 0.2); m.place(1, 0).Fit != Cheapest { // up to 8.4: 8 alone, 10 beside
		t.Errorf("beside cheap ones alone: got %q", m.place(1, 0).Fit)
	}
	if _, m := world(80, 0.01); m.place(0, 1).Fit != Cheap { // from 79.2: 1 + 2 + 50 is the dearest with it
		t.Errorf("the cheapest reduction: got %q", m.place(0, 1).Fit)
	}
}

func TestNowhere(t *testing.T) {
	x := Report{Low: 8, High: 12, Unit: "million MACs", key: "tau", centre: 10, Ops: []Operation{
		{"fits", []Place{{Alone: 50, Fit: Dear}, {Alone: 9, Fit: Cheapest}}},
		{"dear", []Place{{Layers: []int{0}, Alone: 53, Fit: Dear}, {Layers: []int{1}, Alone: 31, Fit: Dear}}},
		{"cheap", []Place{{Layers: []int{0}, Alone: 2, Fit: Cheap}}}}}
	got := strings.Join(x.Nowhere(), "\n")
	// 31 are met from a centre of 31/1.2 = 25.83 on.
	const want = "dear fits nowhere: the cheapest network with it, at layer 1, costs 31 million MACs, and the budget " +
		"ends at 12: want search.constraint.tau = 25.9 or more\n" +
		"cheap fits nowhere: all networks with it cost less than 8 million MACs: want a lower search.constraint.tau"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !strings.HasPrefix(x.Text(), "budget: 8 to 12 million MACs; 1 of 3 operations fit.") {
		t.Error(x.Text())
	}
}

func TestRows(t *testing.T) {
	x := Report{Ops: []Operation{{"a", []Place{{Layers: []int{0, 2, 3, 4}, In: 8, Out: 16, Stride: 2, Height: 5,
		Width: 7, MACs: 12345, Params: 678, Field: [2]int{3, 11}, Alone: 1.5, Beside: 2.25, Fit: Dear,
		OfPeak: 0.5}}}}, Peak: 80}
	want := "a\t0, 2–4\t5×7×8→16 /2\t" + text.Thousands(678) + "\t" + text.Thousands(12345) +
		"\t3×11\t1.5\t2.25\tno: too dear\t50 %"
	if got := x.Rows()[1]; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAbove(t *testing.T) {
	for v, want := range map[float64]float64{25.83: 25.9, 1: 1, 0.12301: 0.124, 999.5: 1000} {
		if got := above(v); got != want {
			t.Errorf("above(%v) = %v, want %v", v, got, want)
		}
	}
}
