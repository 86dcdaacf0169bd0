package graph

import (
	"testing"

	"pgregory.net/rapid"
)

// TestArena lends and releases at random: what is lent never changes under its owner.
func TestArena(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type loan struct {
			mark Mark
			v    []float32
			id   float32
		}
		a, next := new(Arena), float32(0)
		var loans []loan
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if len(loans) > 0 && rapid.Bool().Draw(t, "release") {
				i := rapid.IntRange(0, len(loans)-1).Draw(t, "to")
				a.Release(loans[i].mark)
				loans = loans[:i]
				continue
			}
			n := rapid.SampledFrom([]int{0, 1, 15, 16, 17, 1000, minChunk - 5, minChunk, 2*minChunk + 3}).Draw(t, "n")
			l := loan{mark: a.Mark(), v: a.Floats(n), id: next}
			if len(l.v) != n || cap(l.v) != n {
				t.Fatalf("lent %d floats with capacity %d, want %d", len(l.v), cap(l.v), n)
			}
			next++
			for i := range l.v {
				l.v[i] = l.id
			}
			loans = append(loans, l)
			for _, l := range loans {
				if n := len(l.v); n > 0 && (l.v[0] != l.id || l.v[n/2] != l.id || l.v[n-1] != l.id) {
					t.Fatalf("loan %v of %d floats was overwritten", l.id, n)
				}
			}
		}
	})
}

func TestArenaReusesMemory(t *testing.T) {
	a := new(Arena)
	pass := func() {
		mark := a.Mark()
		for _, n := range []int{3 * minChunk, 10, minChunk, 5 * minChunk, 7} {
			a.Floats(n)
		}
		a.Release(mark)
	}
	pass()
	if want := int64(4 * (9*minChunk + 16 + 16)); a.Peak() != want {
		t.Errorf("peak is %d bytes, want %d", a.Peak(), want)
	}
	if n := testing.AllocsPerRun(10, pass); n != 0 {
		t.Errorf("a pass like the last one allocates %v times", n)
	}
	first := a.Floats(5)
	a.Release(Mark{})
	if again := a.Floats(5); &again[0] != &first[0] {
		t.Error("released memory is not lent again")
	}
}

// TestArenaGrowsBounded repeats passes of changing order: the chunks must not pile up.
func TestArenaGrowsBounded(t *testing.T) {
	a := new(Arena)
	for i := range 50 {
		for j := range 8 {
			a.Floats(minChunk/2 + (i*7+j*13)%17*minChunk/4)
		}
		a.Release(Mark{})
	}
	if total, peak := a.capacity(), a.peak; total > 3*peak {
		t.Errorf("chunks hold %d floats for a peak of %d", total, peak)
	}
}
