package kernel

import "math"

// Dropout zeroes elements with probability rate and scales the others, by a mask that depends on (seed, i) alone:
//
//	dst[i] = 0 if hash(seed, i) < rate·2⁶⁴, otherwise x[i]/(1 − rate)
//
// dst may be x. The gradient is the same call on dy. A rate below 0 or of 1 and more panics.
func Dropout(p *Pool, dst, x []float32, rate float32, seed uint64) {
	need(dst, len(x))
	limit, s := dropping(rate)
	start := mix(seed + increment)
	p.chunks(len(x), func(from, to int) {
		d, x := dst[from:to], x[from:to]
		for i := range d {
			keep := ^uint32(0) // a mask becomes a conditional move: the branch would be as good as random
			if mix(start+uint64(from+i)*increment) < limit {
				keep = 0
			}
			d[i] = math.Float32frombits(math.Float32bits(x[i]*s) & keep)
		}
	})
}

// DropPath zeroes each of the n images of x with probability rate, and scales the others by 1/(1 − rate). The mask
// depends on (seed, image) alone. dst may be x. The gradient is the same call on dy.
func DropPath(p *Pool, dst, x []float32, n int, rate float32, seed uint64) {
	need(dst, len(x))
	if n < 0 || n == 0 && len(x) > 0 || n > 0 && len(x)%n != 0 {
		panic(badLength)
	}
	limit, s := dropping(rate)
	p.Run(n, func(b int) {
		size := len(x) / n
		d := dst[b*size : (b+1)*size]
		if hash(seed, b) < limit {
			clear(d)
			return
		}
		scale(d, x[b*size:(b+1)*size], s)
	})
}

// dropping returns the bound below which a hash drops, and the scale of what stays.
func dropping(rate float32) (limit uint64, scale float32) {
	if !(rate >= 0 && rate < 1) {
		panic(badRate)
	}
	return uint64(float64(rate) * (1 << 64)), 1 / (1 - rate)
}

// increment of the SplitMix64 generator.
const increment = 0x9e3779b97f4a7c15

// hash is output i of the SplitMix64 generator. It starts at a mixed seed, so that neighbouring seeds do not share
// sequences.
func hash(seed uint64, i int) uint64 { return mix(mix(seed+increment) + uint64(i)*increment) }

// mix is the finalizer of SplitMix64.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
