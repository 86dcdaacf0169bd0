package tensors

import (
	"math"
	"unsafe"
)

// takeFinite copies, and reports whether all that it has copied is finite. It reads src once: a plugin may go on
// writing there.
func takeFinite(dst, src []float32) bool {
	n, ok := stream(dst, src)
	return copyFinite(dst[n:], src[n:]) && ok
}

// The exponent of Inf and NaN is all ones: adding one to it carries into the sign, which was cleared before. Two floats
// go at once.
const (
	signs = 1<<63 | 1<<31
	lasts = 1<<55 | 1<<23 // of the exponents' bits
)

// copyFinite is takeFinite by way of the caches.
func copyFinite(dst, src []float32) bool {
	var a, b, c, d uint64
	to, from := eights(dst), eights(src)
	for i := range to {
		p, q := &from[i], &to[i]
		x, y, z, w := p[0], p[1], p[2], p[3]
		q[0], q[1], q[2], q[3] = x, y, z, w
		a |= x&^signs + lasts
		b |= y&^signs + lasts
		c |= z&^signs + lasts
		d |= w&^signs + lasts
	}
	rest := 8 * len(to)
	copy(dst[rest:], src[rest:])
	return (a|b|c|d)&signs == 0 && allFinite(dst[rest:])
}

// eights are the floats of v, eight at a time. Up to seven are left over.
func eights(v []float32) [][4]uint64 {
	if len(v) < 8 {
		return nil
	}
	return unsafe.Slice((*[4]uint64)(unsafe.Pointer(&v[0])), len(v)/8)
}

// allFinite reports whether no value is Inf or NaN.
func allFinite(v []float32) bool {
	var found uint32
	for _, x := range v {
		found |= math.Float32bits(x)&^(1<<31) + 1<<23
	}
	return found < 1<<31
}
