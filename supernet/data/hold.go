package data

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Hold splits n images off s. Every class gives the same part of its images, to within one, and keeps one at least.
// Which ones follows from their contents and from seed, and copies of an image are on the same side: there may be fewer
// than n for that. Both results keep the order of s and share its pixels. It fails unless 0 < n < s.Len().
func (s Split) Hold(n int, seed uint64) (train, held Split, err error) {
	if n <= 0 || n >= s.Len() {
		return s, held, fmt.Errorf("data: cannot hold %d of %d images: want 1..%d", n, s.Len(), s.Len()-1)
	}
	if s.Digests == nil {
		s.Digests = digests(s.Images)
	}
	left := quotas(s.Labels, n)
	isHeld := make([]bool, s.Len())
	for _, g := range groups(s.Labels, s.Digests, seed) {
		fits := func(class int32) bool { return g.classes[class] <= left[class] }
		if !g.all(fits) {
			continue
		}
		for _, i := range g.images {
			isHeld[i] = true
			left[s.Labels[i]]--
		}
	}
	train, held = s.divide(isHeld)
	if held.Len() == 0 {
		err = fmt.Errorf("data: no image of %d can be held out: want a class with images that differ", s.Len())
	}
	return train, held, err
}

// Contents is the set of the digests of s.
func (s Split) Contents() map[uint64]bool {
	known := make(map[uint64]bool, s.Len())
	for _, d := range s.Digests {
		known[d] = true
	}
	return known
}

// Count is the number of images of s whose contents are in digests.
func (s Split) Count(digests map[uint64]bool) (n int) {
	for _, d := range s.Digests {
		if digests[d] {
			n++
		}
	}
	return n
}

// Without is s without the images whose contents are in digests.
func (s Split) Without(digests map[uint64]bool) Split {
	out := make([]bool, s.Len())
	for i, d := range s.Digests {
		out[i] = digests[d]
	}
	kept, _ := s.divide(out)
	return kept
}

// All is the images of all sides of the set.
func (set *Set) All() (all Split) {
	for _, s := range []Split{set.Train, set.Validate, set.Test} {
		all.Images, all.Labels = append(all.Images, s.Images...), append(all.Labels, s.Labels...)
		all.Digests, all.Names = append(all.Digests, s.Digests...), append(all.Names, s.Names...)
	}
	return all
}

// divide splits s in two.
func (s Split) divide(second []bool) (a, b Split) {
	for i, label := range s.Labels {
		to := &a
		if second[i] {
			to = &b
		}
		to.Labels, to.Digests = append(to.Labels, label), append(to.Digests, s.Digests[i])
		if s.Images != nil { // those of an Inspection are not kept
			to.Images = append(to.Images, s.Images[i])
		}
		if s.Names != nil {
			to.Names = append(to.Names, s.Names[i])
		}
	}
	return a, b
}

// group is what a digest has: copies of one image.
type group struct {
	images  []int
	classes map[int32]int // how many of each class
	rank    uint64
}

// all reports whether something holds for each class of the group.
func (g group) all(holds func(class int32) bool) bool {
	for class := range g.classes {
		if !holds(class) {
			return false
		}
	}
	return true
}

// groups lists images by their contents, in an order that follows from these and from seed alone.
func groups(labels []int32, digests []uint64, seed uint64) (list []group) {
	place := map[uint64]int{}
	for i, d := range digests {
		at, known := place[d]
		if !known {
			at = len(list)
			place[d] = at
			list = append(list, group{classes: map[int32]int{}, rank: rank(d, seed)})
		}
		list[at].images = append(list[at].images, i)
		list[at].classes[labels[i]]++
	}
	slices.SortFunc(list, func(a, b group) int { return cmp.Compare(a.rank, b.rank) })
	return list
}

// rank is where a content stands in the order of a seed.
func rank(digest, seed uint64) uint64 {
	var b [24]byte
	binary.LittleEndian.PutUint64(b[:], streamHold)
	binary.LittleEndian.PutUint64(b[8:], seed)
	binary.LittleEndian.PutUint64(b[16:], digest)
	sum := sha256.Sum256(b[:])
	return binary.LittleEndian.Uint64(sum[:])
}

// quotas shares n among the classes in proportion to their sizes. The largest remainders get the odd ones, and every
// class keeps an image.
func quotas(labels []int32, n int) []int {
	sizes := sized(labels)
	share, order := make([]int, len(sizes)), make([]int, len(sizes))
	left := n
	for c, size := range sizes {
		share[c] = min(n*size/len(labels), max(size-1, 0))
		left -= share[c]
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(n*sizes[b]%len(labels), n*sizes[a]%len(labels))
	})
	for before := 0; left != before; {
		before = left
		for _, c := range order {
			if left > 0 && share[c] < sizes[c]-1 {
				share[c]++
				left--
			}
		}
	}
	return share
}

// sized is the number of images of each class.
func sized(labels []int32) []int {
	sizes := make([]int, slices.Max(labels)+1)
	for _, label := range labels {
		sizes[label]++
	}
	return sizes
}

// fifth says which images are for testing: those whose contents have a rank in the first fifth of all ranks. So another
// image changes nothing for this one. Every class has at least one image on each side, whatever its ranks are. A class
// of copies of one image has one of these for testing, and a class of one image is an error.
func fifth(labels []int32, digests []uint64, classes []string) (tested []bool, err error) {
	tested = make([]bool, len(labels))
	training, testing := make([]int, len(classes)), make([]int, len(classes))
	for _, label := range labels {
		training[label]++
	}
	move := func(g group, to bool) {
		for _, i := range g.images {
			tested[i] = to
		}
		for class, n := range g.classes {
			if to {
				n = -n
			}
			training[class] += n
			testing[class] -= n
		}
	}
	list := groups(labels, digests, 0)
	for _, g := range list {
		if g.rank < math.MaxUint64/5 {
			move(g, true)
		}
	}
	for class, name := range classes {
		own := func(g group) bool { return g.classes[int32(class)] > 0 }
		if training[class] == 0 {
			last := len(list) - 1
			for ; last >= 0 && !own(list[last]); last-- {
			}
			if last >= 0 {
				move(list[last], false)
			}
		}
		if testing[class] == 0 {
			i := slices.IndexFunc(list, func(g group) bool {
				return own(g) && g.all(func(c int32) bool { return training[c] > g.classes[c] })
			})
			switch {
			case i >= 0:
				move(list[i], true)
			case training[class] < 2:
				return nil, fmt.Errorf("class %q has a single image: want one to train on and one to test", name)
			default: // copies of one image
				tested[slices.Index(labels, int32(class))] = true
			}
		}
	}
	return tested, nil
}

// cut splits s before image i.
func (s Split) cut(i int) (before, after Split) {
	return Split{s.Images[:i:i], s.Labels[:i:i], s.Digests[:i:i], s.Names[:i:i]},
		Split{s.Images[i:], s.Labels[i:], s.Digests[i:], s.Names[i:]}
}
