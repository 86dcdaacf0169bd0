package space

import (
	"fmt"
	"math/big"
	"math/bits"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// paths draws a part of each layer's subset to keep.
func paths(t *rapid.T, subset []Path) []Path {
	kept := make([]Path, len(subset))
	for l, ops := range subset {
		for _, op := range ops {
			if rapid.Bool().Draw(t, "keep") {
				kept[l] = append(kept[l], op)
			}
		}
	}
	return kept
}

// Through any number of rounds every operation is offered to a layer once, in the order of its shuffle, subsets have K
// operations while some wait, and what is kept stays.
// The stacks cost 0.5+4+8, 0.5+1+3 and 0.5+50+60; without the last, the lower of two is the middle.
func TestMiddleIsTheMedianStack(t *testing.T) {
	p := Problem{Normal: []bool{true, false}, Fixed: 0.5,
		Pool: []Candidate{{Cost: []float64{4, 8}}, {Cost: []float64{1, 3}}, {Cost: []float64{50, 60}}}}
	if got := p.Middle(); got != 12.5 {
		t.Errorf("of three: got %v, want 12.5", got)
	}
	p.Pool = p.Pool[:2]
	if got := p.Middle(); got != 4.5 {
		t.Errorf("of two: got %v, want 4.5", got)
	}
}

func TestReplenish(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, k := rapid.IntRange(2, 12).Draw(t, "n"), rapid.IntRange(2, 5).Draw(t, "k")
		s := New(3, n, k, rapid.Uint64().Draw(t, "seed"))
		orders := make([][]OpID, 3)
		for l, layer := range s.Layers {
			orders[l] = layer.Pending
		}
		for range rapid.IntRange(0, 6).Draw(t, "rounds") {
			kept := paths(t, s.Subset())
			next := s.Replenish(kept)
			for l, layer := range next.Layers {
				came := len(s.Layers[l].Pending) - len(layer.Pending)
				want := min(k-len(kept[l]), len(s.Layers[l].Pending))
				if came != want || len(layer.New) != came {
					t.Fatalf("layer %d: %d operations left the pending list and %d came in, want %d", l, came,
						len(layer.New), want)
				}
				if !slices.Equal(layer.Kept, kept[l]) || !slices.Equal(layer.Pending, s.Layers[l].Pending[came:]) {
					t.Fatalf("layer %d: kept %v of %v, pending %v of %v", l, layer.Kept, kept[l], layer.Pending,
						s.Layers[l].Pending)
				}
				if fresh := slices.Sorted(slices.Values(s.Layers[l].Pending[:came])); !slices.Equal(layer.New, fresh) {
					t.Fatalf("layer %d: %v came in, want the first that waited, %v", l, layer.New, fresh)
				}
				if !slices.IsSorted(next.Subset()[l]) || len(next.Subset()[l]) != len(kept[l])+came {
					t.Fatalf("layer %d: subset %v", l, next.Subset()[l])
				}
			}
			if short := slices.IndexFunc(next.Subset(), func(p Path) bool { return len(p) < k }); next.Short() !=
				short {
				t.Fatalf("Short() = %d, want %d", next.Short(), short)
			}
			s = next
		}
		for l, order := range orders {
			if !slices.Equal(order[len(order)-len(s.Layers[l].Pending):], s.Layers[l].Pending) {
				t.Fatalf("layer %d: pending %v is not the end of %v", l, s.Layers[l].Pending, order)
			}
		}
	})
}

func TestNewShufflesEachLayer(t *testing.T) {
	s := New(4, 20, 5, 1)
	for l, layer := range s.Layers {
		all := slices.Sorted(slices.Values(slices.Concat(layer.New, layer.Pending)))
		if len(layer.New) != 5 || len(layer.Kept) != 0 || len(slices.Compact(all)) != 20 {
			t.Errorf("layer %d: %+v is no shuffle of 20 with 5 in the subset", l, layer)
		}
		for m := range l {
			if slices.Equal(layer.Pending, s.Layers[m].Pending) {
				t.Errorf("layers %d and %d have the same shuffle", l, m)
			}
		}
	}
	if slices.Equal(s.Layers[0].Pending, New(4, 20, 5, 2).Layers[0].Pending) {
		t.Error("seeds 1 and 2 make the same shuffle")
	}
	if !slices.Equal(s.Layers[0].Pending, New(1, 20, 5, 1).Layers[0].Pending) {
		t.Error("the shuffle of layer 0 depends on the number of layers")
	}
}

func TestSettled(t *testing.T) {
	s := New(2, 6, 3, 1)
	if s.Settled() || !s.Replenish(s.Subset()).Settled() {
		t.Errorf("a new space is settled (%v), or one that keeps all is not", s.Settled())
	}
}

// The size counts what enumeration finds.
func TestSizeCountsArchitectures(t *testing.T) {
	for _, single := range []bool{false, true} {
		for n := 1; n <= 6; n++ {
			for k := 1; k <= n; k++ {
				want := int64(1)
				p := Problem{Normal: []bool{true, false, true}, Pool: make([]Candidate, n)}
				for _, normal := range p.Normal {
					count := int64(0)
					for selected := range uint(1) << n {
						branches := bits.OnesCount(selected)
						if (branches > 0 || normal) && branches <= k && !(single && branches > 1) {
							count++
						}
					}
					want *= count
				}
				if got := p.Size(k, single); got.Cmp(big.NewInt(want)) != 0 {
					t.Errorf("n = %d, k = %d, single %v: %v architectures, want %d", n, k, single, got, want)
				}
			}
		}
	}
}

func TestSubsetSize(t *testing.T) {
	p := Problem{Normal: []bool{true, false, true}}
	subset := []Path{{0, 1, 2}, {3, 4}, {}}
	if got := p.SubsetSize(subset, 5); got.Cmp(big.NewInt(8*3)) != 0 {
		t.Errorf("%v architectures, want 24", got)
	}
	if got := p.SubsetSize(subset, 1); got.Cmp(big.NewInt(4*2)) != 0 {
		t.Errorf("%v single-branch architectures, want 8", got)
	}
}

// Table 5's network with 27 operations and K = 5: (Σ_{i=0..5} C(27,i))^16 · (Σ_{i=1..5} C(27,i))^6, written out.
func TestSizeOfThePaper(t *testing.T) {
	p := Problem{Pool: make([]Candidate, 27)}
	for _, letter := range "NRNNNRNNNRNNNENNNRNNNE" {
		p.Normal = append(p.Normal, letter == 'N')
	}
	sum := big.NewInt(1 + 27 + 351 + 2925 + 17550 + 80730)
	want := new(big.Int).Exp(sum, big.NewInt(16), nil)
	want.Mul(want, new(big.Int).Exp(new(big.Int).Sub(sum, big.NewInt(1)), big.NewInt(6), nil))
	got := p.Size(5, false)
	if got.Cmp(want) != 0 {
		t.Errorf("%v architectures, want %v", got, want)
	}
	if text := new(big.Float).SetInt(got).Text('e', 1); text != "1.4e+110" {
		t.Errorf("%s architectures, want 1.4e+110", text)
	}
}

// A second pool keeps what is given and offers each layer its own shuffle of the others. The first is such a pool.
func TestOver(t *testing.T) {
	pool, kept := []OpID{4, 5, 6, 7, 8, 9}, []Path{{1, 5}, {}, {2}}
	s := Over(pool, kept, 3, 7, 2)
	for l, layer := range s.Layers {
		if !slices.Equal(layer.Kept, kept[l]) || len(s.Subset()[l]) != 3 {
			t.Errorf("layer %d keeps %v with a subset of %v, want %v among 3", l, layer.Kept, s.Subset()[l], kept[l])
		}
		all := slices.Sorted(slices.Values(slices.Concat(layer.New, layer.Pending)))
		want := slices.DeleteFunc(slices.Clone(pool), func(op OpID) bool { return slices.Contains(kept[l], op) })
		if !slices.Equal(all, want) {
			t.Errorf("layer %d is offered %v, want %v", l, all, want)
		}
	}
	if slices.Equal(Over(pool, kept, 3, 7, 3).Layers[1].Pending, s.Layers[1].Pending) {
		t.Error("pools after 2 and after 3 rounds have the same shuffle")
	}
	first := Over([]OpID{0, 1, 2, 3, 4, 5}, make([]Path, 2), 4, 1, 0)
	if want := New(2, 6, 4, 1); !reflect.DeepEqual(first, want) {
		t.Errorf("%+v from the first pool, want %+v", first, want)
	}
}

func TestAppendAndWithout(t *testing.T) {
	s := Space{2, []Layer{{Kept: Path{1}, New: Path{4}, Pending: []OpID{3, 0}}, {New: Path{0, 3}}}}
	want := Space{2, []Layer{
		{Kept: Path{1}, New: Path{4}, Pending: []OpID{0, 5, 6}},
		{New: Path{0}, Pending: []OpID{5, 6}},
	}}
	if got := s.Append([]OpID{5, 6}).Without(3); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if !slices.Equal(s.Layers[0].Pending, []OpID{3, 0}) || !slices.Equal(s.Layers[1].New, Path{0, 3}) {
		t.Errorf("the old space has become %+v", s)
	}
}

// Keys tell apart where paths end, and clones share nothing.
func TestArch(t *testing.T) {
	a := Arch{{1, 2}, {}, {300}}
	for _, other := range []Arch{{{1}, {2}, {300}}, {{1, 2}, {300}, {}}, {{1, 2}, {}}, {{1, 2}, {}, {172, 2}}} {
		if a.Key() == other.Key() {
			t.Errorf("%v and %v have one key", a, other)
		}
	}
	c := a.Clone()
	if c.Key() != a.Key() || !c.Uses(300) || c.Uses(3) {
		t.Errorf("%v is a clone of %v", c, a)
	}
	if c[0][0] = 7; a.Uses(7) {
		t.Error("a clone shares memory")
	}
}

func TestCheckArch(t *testing.T) {
	p := Problem{Normal: []bool{true, false}, Pool: make([]Candidate, 3)}
	for _, test := range []struct {
		arch Arch
		want string
	}{
		{Arch{{}, {2}}, "<nil>"},
		{Arch{{0}}, "1 layers, the network has 2"},
		{Arch{{0}, nil}, "layer 1: a reduction layer needs an operation"},
		{Arch{{0, 3}, {1}}, "layer 0: operation 3, the pool has 3"},
		{Arch{{0}, {-1}}, "layer 1: operation -1, the pool has 3"},
	} {
		if got := fmt.Sprint(p.CheckArch(test.arch)); got != test.want {
			t.Errorf("%v: %s, want %s", test.arch, got, test.want)
		}
	}
}

// Exchange swaps the heaviest that came in for the lightest that waits, and nothing where that would not be lighter.
func TestExchange(t *testing.T) {
	s := Space{2, []Layer{{Kept: Path{9}, New: Path{1, 5}, Pending: []OpID{7, 3, 8}}}}
	weight := func(op OpID) float64 { return float64(op) }
	want := Layer{Kept: Path{9}, New: Path{1, 3}, Pending: []OpID{7, 5, 8}}
	next := s.Exchange(0, weight)
	if fmt.Sprint(next.Layers[0]) != fmt.Sprint(want) || fmt.Sprint(s.Layers[0].New) != "[1 5]" {
		t.Errorf("got %v from %v, want %v", next.Layers[0], s.Layers[0], want)
	}
	if again := next.Exchange(0, weight); fmt.Sprint(again) != fmt.Sprint(next) {
		t.Errorf("got %v, want %v", again, next)
	}
}

// Every try has shuffles of its own, and the first is that of New.
func TestDraw(t *testing.T) {
	if first := Draw(3, 8, 2, 1, 0); fmt.Sprint(first) != fmt.Sprint(New(3, 8, 2, 1)) ||
		fmt.Sprint(first) == fmt.Sprint(Draw(3, 8, 2, 1, 1)) {
		t.Errorf("drawn %v", first)
	}
}
