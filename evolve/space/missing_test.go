package space

import (
	"fmt"
	"testing"
)

// Fixed is 1. The reduction costs 2 or 30 and the normal layer 1, 5 or 50, with two branches at most.
func TestWithin(t *testing.T) {
	p := Problem{Normal: []bool{true, false}, Fixed: 1, Pool: []Candidate{
		{Name: "a", Cost: []float64{1, 2}}, {Name: "b", Cost: []float64{5, 30}}, {Name: "c", Cost: []float64{50, 30}}}}
	subset := []Path{{0, 1, 2}, {0, 1}}
	for _, test := range []struct {
		k         int
		low, high float64
		want      string
	}{
		{2, 0, 3, "[[] [0]]"},          // 1 + 2: nothing has room beside the cheapest reduction
		{2, 0, 4, "[[0] [0]]"},         // 1 + 2 + 1
		{2, 0, 31, "[[0 1] [0 1]]"},    // 1 + 30, without an operation in the normal layer
		{2, 0, 53, "[[0 1 2] [0 1]]"},  // 1 + 2 + 50
		{2, 85, 99, "[[1 2] [0 1]]"},   // 1 + 32 + 55 is the dearest; with a, 1 + 32 + 51 = 84 is below
		{1, 0, 2.9, "[[] []]"},         // not even 1 + 2
		{1, 40, 99, "[[2] [0 1]]"},     // 1 + 30 + 5 = 36 is below; 1 + 2 + 50 is not
		{1, 36, 99, "[[1 2] [0 1]]"},   // 1 + 30 + 5
		{1, 81, 99, "[[2] [1]]"},       // 1 + 30 + 50
		{3, 84, 99, "[[0 1 2] [0 1]]"}, // all branches at once
		{2, 84.5, 99, "[[1 2] [0 1]]"}, // see above
		{2, 87, 87.9, "[[1 2] [0 1]]"}, // the interval is below the dearest, but nothing shows that
		{2, 88.5, 99, "[[] []]"},       // above the dearest
	} {
		if got := fmt.Sprint(p.Within(subset, test.k, test.low, test.high)); got != test.want {
			t.Errorf("k = %d, %v to %v: got %s, want %s", test.k, test.low, test.high, got, test.want)
		}
	}
}

func TestUnused(t *testing.T) {
	p := Problem{Pool: []Candidate{{Name: "a"}, {Name: "b"}, {Name: "c"}}}
	subset := []Path{{0, 2}, {1, 2}}
	if m := p.Unused(subset, subset); m != nil {
		t.Errorf("got %v for a subset that is used", m)
	}
	m := p.Unused(subset, []Path{{}, {1}})
	if fmt.Sprint(m.Ops) != "[[0 2] [2]]" || fmt.Sprint(m.Names) != "[a c]" {
		t.Errorf("got %v", *m)
	}
}
