package oneshot

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

func TestRateByHand(t *testing.T) {
	c := Config{Drop: 0.25}
	// r^(1/2) = 1/2 for two operations, 1/4 for one.
	for _, test := range []struct {
		k, step int
		want    float64
	}{{2, 0, 0}, {2, 5, 0.25}, {2, 10, 0.5}, {1, 10, 0.25}, {1, 4, 0.1}} {
		if got := c.rate(test.k, test.step, 11); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%d operations, step %d of 11: rate %v, want %v", test.k, test.step, got, test.want)
		}
	}
}

// At the last rate, all k operations of a layer are dropped with the probability r. A reduction layer then keeps one.
func TestKeepDropsIndependently(t *testing.T) {
	ops := evolve.Path{2, 3, 5}
	const n = 60_000
	r := rand.New(rand.NewPCG(3, 4))
	c := Config{Drop: 0.3}
	rate := c.rate(len(ops), 9, 10)
	empty, kept, alone := 0.0, map[evolve.OpID]float64{}, map[evolve.OpID]float64{}
	for range n {
		path := keep(r, ops, rate, true)
		if len(path) == 0 {
			empty++
		}
		for _, op := range path {
			kept[op]++
		}
		if path := keep(r, ops, 1, false); len(path) == 1 {
			alone[path[0]]++
		}
	}
	if math.Abs(empty/n-0.3) > 0.01 {
		t.Errorf("all operations are dropped in %.3f of the draws, want 0.3", empty/n)
	}
	for _, op := range ops {
		if math.Abs(kept[op]/n-(1-rate)) > 0.01 || math.Abs(alone[op]/n-1./3) > 0.01 {
			t.Errorf("operation %d is kept in %.3f of the draws, want %.3f, and is the last in %.3f, want 1/3", op,
				kept[op]/n, 1-rate, alone[op]/n)
		}
	}
}
