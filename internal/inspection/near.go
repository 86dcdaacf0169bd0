package inspection

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"github.com/sourcegraph/conc/iter"
)

// The bounds of what looks alike: bits of a hash that differ, and the mean difference of small pictures in levels of
// 255. They are measured in docs/data.md.
const (
	maxBits  = 4
	maxLevel = 4
)

// window bounds the pictures that one is compared with for each part of its hash, so that time is bounded where all
// hashes are nearly equal.
const window = 1 << 12

// alike reports whether two pictures look alike whose hashes are near.
func (f *fingerprint) alike(g *fingerprint) bool {
	sum := 0
	for i, v := range f.small {
		d := int(v) - int(g.small[i])
		sum += max(d, -d)
	}
	return sum <= maxLevel*len(f.small)
}

// near lists the groups of pictures that look alike. Each looks like another one of its group. Pictures of one colour,
// and flat ones, look like none. Two hashes that differ in at most maxBits share one of maxBits+1 parts, and those that
// share a part are compared.
func near(ctx context.Context, prints []fingerprint) ([][]int, error) {
	var order []int
	for i, f := range prints {
		if f.hash != 0 && !f.plain {
			order = append(order, i)
		}
	}
	pairs := make([][][2]int, maxBits+1)
	iter.ForEachIdx(pairs, func(part int, found *[][2]int) { *found = nearIn(ctx, part, prints, order) })
	all := newSets(len(prints))
	for _, list := range pairs {
		for _, p := range list {
			all.join(p[0], p[1])
		}
	}
	return all.groups(), ctx.Err()
}

// nearIn joins pictures whose hashes share a part, and look alike, by pairs.
func nearIn(ctx context.Context, part int, prints []fingerprint, order []int) (pairs [][2]int) {
	from, to := 64*part/(maxBits+1), 64*(part+1)/(maxBits+1)
	key := func(i int) uint64 { return prints[i].hash >> from & (1<<(to-from) - 1) }
	order = slices.SortedFunc(slices.Values(order), func(a, b int) int {
		return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(prints[a].hash, prints[b].hash), cmp.Compare(a, b))
	})
	joined := newSets(len(prints))
	for at, a := range order {
		if ctx.Err() != nil {
			return nil
		}
		for _, b := range order[at+1 : min(at+1+window, len(order))] {
			if key(a) != key(b) {
				break
			}
			near := bits.OnesCount64(prints[a].hash^prints[b].hash) <= maxBits
			if near && joined.find(a) != joined.find(b) && prints[a].alike(&prints[b]) {
				joined.join(a, b)
				pairs = append(pairs, [2]int{a, b})
			}
		}
	}
	return pairs
}

// sets are disjoint sets of numbers from 0: each has a parent, and the first of a set is its own.
type sets []int

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s sets) find(i int) int {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

// join makes two sets one.
func (s sets) join(i, j int) {
	i, j = s.find(i), s.find(j)
	s[max(i, j)] = min(i, j)
}

// groups lists sets of two or more, in order.
func (s sets) groups() (list [][]int) {
	place := map[int]int{}
	for i := range s {
		first := s.find(i)
		if first == i {
			continue
		}
		at, known := place[first]
		if !known {
			at = len(list)
			place[first] = at
			list = append(list, []int{first})
		}
		list[at] = append(list[at], i)
	}
	return list
}
