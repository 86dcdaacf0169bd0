package parquet

import (
	"encoding/binary"
	"math"
)

// width is the number of bits that levels up to most need.
func width(most int) (n int) {
	for ; most > 0; most >>= 1 {
		n++
	}
	return n
}

// hybrid decodes numbers of some bits each: runs of one number, and groups of eight packed ones.
type hybrid struct {
	b      []byte
	width  int
	repeat uint64 // how often value comes again
	value  uint32
	packed uint64 // how many packed numbers are left
	bit    int    // of b, where the next packed one begins
}

func newHybrid(b []byte, width int) *hybrid { return &hybrid{b: b, width: width} }

func (h *hybrid) next() (uint32, error) {
	for h.repeat == 0 && h.packed == 0 {
		h.b = h.b[min(len(h.b), (h.bit+7)/8):]
		h.bit = 0
		head, n := binary.Uvarint(h.b)
		if n <= 0 {
			return 0, errPage
		}
		h.b = h.b[n:]
		if head&1 == 1 {
			h.packed = head >> 1 * 8
			continue
		}
		h.repeat, h.value = head>>1, 0
		each := (h.width + 7) / 8
		if len(h.b) < each {
			return 0, errPage
		}
		for i, c := range h.b[:each] {
			h.value |= uint32(c) << (8 * i)
		}
		h.b = h.b[each:]
	}
	if h.repeat > 0 {
		h.repeat--
		return h.value, nil
	}
	if h.bit+h.width > 8*len(h.b) {
		return 0, errPage
	}
	h.packed--
	h.bit += h.width
	return uint32(packed(h.b, h.bit-h.width, h.width)), nil
}

// packed is the number of width bits from a bit of b on, the lowest first.
func packed(b []byte, bit, width int) (v uint64) {
	for i := range width {
		at := bit + i
		v |= uint64(b[at/8]>>(at%8)&1) << i
	}
	return v
}

// deltas decodes numbers that are stored as differences, in blocks of small blocks of as many bits each.
type deltas struct {
	b     []byte
	each  uint64 // numbers in a small block
	small uint64 // small blocks in a block
	left  uint64 // numbers that come yet
	value int64  // the number before
	first bool   // value is the next one

	least  int64 // difference of the block
	widths []byte
	now    []byte // the small block
	in     uint64 // numbers that are left in it
	bit    int
	width  int
}

// newDeltas reads the head.
func newDeltas(b []byte) (*deltas, error) {
	var head [3]uint64
	for i := range head {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > math.MaxInt32 {
			return nil, errPage
		}
		head[i], b = v, b[n:]
	}
	first, n := binary.Varint(b)
	if n <= 0 || head[0] == 0 || head[1] == 0 || head[0]%head[1] != 0 {
		return nil, errPage
	}
	return &deltas{b: b[n:], each: head[0] / head[1], small: head[1], left: head[2], value: first, first: true}, nil
}

func (d *deltas) next() (int64, error) {
	if d.left == 0 {
		return 0, errPage
	}
	d.left--
	if d.first {
		d.first = false
		return d.value, nil
	}
	if d.in == 0 {
		if err := d.block(); err != nil {
			return 0, err
		}
	}
	d.in--
	d.value += d.least + int64(packed(d.now, d.bit, d.width))
	d.bit += d.width
	return d.value, nil
}

// block goes on to the next small block.
func (d *deltas) block() error {
	if len(d.widths) == 0 {
		least, n := binary.Varint(d.b)
		if n <= 0 || d.small > uint64(len(d.b)-n) {
			return errPage
		}
		d.least, d.widths, d.b = least, d.b[n:][:d.small], d.b[n+int(d.small):]
	}
	d.width, d.widths = int(d.widths[0]), d.widths[1:]
	n := (d.each*uint64(d.width) + 7) / 8
	if d.width > 64 || n > uint64(len(d.b)) {
		return errPage
	}
	d.now, d.b, d.in, d.bit = d.b[:n], d.b[n:], d.each, 0
	return nil
}
