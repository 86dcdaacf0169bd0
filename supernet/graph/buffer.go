package graph

import (
	"cmp"
	"slices"
)

// buffer is memory that lives from one step of a program to another, both included. Sizes and offsets are in floats per
// image.
type buffer struct {
	size, from, to int
	place          place
	offset         int
}

// arrange sets the offsets of buffers, and returns the sizes of the kept and of the temporary frame. Kept buffers lie
// one after the other. Temporary ones are placed from the largest to the smallest. Each takes the lowest offset at
// which it meets no other that lives at the same time.
func arrange(buffers []*buffer) (kept, temp int) {
	order := slices.Clone(buffers)
	slices.SortStableFunc(order, func(a, b *buffer) int { return cmp.Compare(b.size, a.size) })
	var placed []*buffer // in ascending order of offset
	for _, b := range order {
		if b.place == atKept {
			b.offset = kept
			kept = b.end()
			continue
		}
		b.offset = lowest(placed, b)
		temp = max(temp, b.end())
		i, _ := slices.BinarySearchFunc(placed, b.offset, func(p *buffer, offset int) int {
			return cmp.Compare(p.offset, offset)
		})
		placed = slices.Insert(placed, i, b)
	}
	return kept, temp
}

// lowest is the offset of the first gap for b among the placed buffers that live at the same time.
func lowest(placed []*buffer, b *buffer) (offset int) {
	for _, p := range placed {
		if p.to < b.from || b.to < p.from {
			continue
		}
		if p.offset-offset >= aligned(b.size) {
			break
		}
		offset = max(offset, p.end())
	}
	return offset
}

func (b *buffer) end() int { return b.offset + aligned(b.size) }
