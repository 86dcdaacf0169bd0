package worth

import (
	"cmp"
	"math"
	"slices"
)

// swaps finds what would take an operation's place.
type swaps struct {
	*model
	normal []bool            // by layer
	known  [][]int           // operations that some architecture has, by layer
	worths map[place]float64 // posterior means
}

func newSwaps(m *model, normal []bool) swaps {
	s := swaps{m, normal, make([][]int, len(normal)), map[place]float64{}}
	for l := range normal {
		for _, p := range m.points {
			s.known[l] = append(s.known[l], p.layers[l]...)
		}
		slices.Sort(s.known[l])
		s.known[l] = slices.Compact(s.known[l])
		for _, op := range s.known[l] {
			at := place{l, op}
			s.worths[at], _ = m.expect(contrast{at: 1})
		}
	}
	return s
}

// used reports whether any architecture has an operation.
func (s swaps) used(op int) bool {
	return slices.ContainsFunc(s.known, func(ops []int) bool { return slices.Contains(ops, op) })
}

// swap is an operation that is replaced in all architectures that have it, and allow that.
type swap struct {
	lost   contrast // the mean over these architectures
	archs  int
	counts map[int]int // of what takes its place
}

// all stands for all layers.
const all = -1

// without replaces an operation at a layer, or at all of them, by what is best there.
func (s swaps) without(op, layer int) swap {
	x := swap{lost: contrast{}, counts: map[int]int{}}
	for _, p := range s.points {
		found := false
		for l, path := range p.layers {
			if layer != all && layer != l || !slices.Contains(path, op) {
				continue
			}
			if best, ok := s.best(l, op, path); ok {
				x.lost.add(place{l, op}, 1)
				x.lost.add(place{l, best}, -1)
				x.counts[best]++
				found = true
			}
		}
		if found {
			x.archs++
		}
	}
	for at := range x.lost {
		x.lost[at] /= float64(x.archs)
	}
	return x
}

// best is the alternative to an operation of a path that is worth most. It reports false where there is none.
func (s swaps) best(l, op int, path []int) (best int, ok bool) {
	worth := math.Inf(-1)
	if s.normal[l] || len(path) > 1 {
		best, worth = left, 0
	}
	for _, other := range s.known[l] {
		if w := s.worths[place{l, other}]; w > worth && !slices.Contains(path, other) {
			best, worth = other, w
		}
	}
	return best, !math.IsInf(worth, -1)
}

// instead lists what takes the place, the most frequent first.
func (x swap) instead() (list []int) {
	for op := range x.counts {
		list = append(list, op)
	}
	slices.SortFunc(list, func(a, b int) int { return cmp.Or(x.counts[b]-x.counts[a], a-b) })
	return list
}
