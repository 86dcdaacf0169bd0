package alone

import (
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

// TestPromote: a and c are promoted as long as there are two, and what a quarantine takes out makes room for the next.
func TestPromote(t *testing.T) {
	trial := func(op evolve.OpID, accuracy float64, gone bool) (t evolve.Trial) {
		t.Arch, t.Accuracy, t.Gone = evolve.Arch{{op}}, accuracy, gone
		return t
	}
	a, b, c, d := trial(0, 0.9, false), trial(1, 0.5, false), trial(2, 0.8, false), trial(3, 0.5, false)
	gone := func(t evolve.Trial) evolve.Trial { t.Gone = true; return t }
	rung, other := []evolve.Trial{b, c, a, d}, trial(7, 1, false)
	for _, x := range []struct {
		rung, left []evolve.Trial
		most, full int
		best       evolve.Arch
	}{
		{rung, nil, 2, 2, a.Arch},
		{rung, []evolve.Trial{a}, 2, 2, c.Arch},
		{rung, []evolve.Trial{a, c, other}, 2, 2, b.Arch},
		{rung, []evolve.Trial{a, c}, 3, 3, b.Arch},
		{rung, []evolve.Trial{a, c, b}, 4, 4, d.Arch},
		{[]evolve.Trial{b, c, gone(a), d}, nil, 2, 2, c.Arch},
		{[]evolve.Trial{b, c, gone(a), d}, []evolve.Trial{gone(a)}, 2, 2, c.Arch},
		{[]evolve.Trial{gone(b), c, gone(a), gone(d)}, nil, 2, 1, c.Arch},
		{[]evolve.Trial{gone(b), c, gone(a), gone(d)}, []evolve.Trial{c}, 2, 1, nil},
		{[]evolve.Trial{gone(b), gone(a)}, []evolve.Trial{other}, 2, 0, nil},
		{rung[:1], []evolve.Trial{other, b}, 1, 1, b.Arch},
	} {
		full, best := Promote(x.rung, x.left, x.most)
		if full != x.full || !slices.EqualFunc(best, x.best, slices.Equal) {
			t.Errorf("%v after %v: %d, next %v; want %d, %v", x.left, x.rung, full, best, x.full, x.best)
		}
	}
}
