package kernel

// series is a series of vectors of equal length in memory: vector i starts at from + i·step.
type series struct {
	data       []float32
	from, step int
}

// vector is vector i, of length n.
func (s series) vector(i, n int) []float32 { return s.data[s.from+i*s.step:][:n] }

// correlate is the heart of depthwise convolution. On vectors of n channels, with nd of dst and nw of w, it adds
//
//	dst[a] += Σ x[a + b]·w[b]   over 0 ≤ b < nw with lo ≤ a + b < hi
func correlate(dst, x, w series, n, nd, nw, lo, hi int) {
	for b := 0; b < nw; {
		taps := tapsAtOnce(nw - b)
		first := max(lo-b-taps+1, 0) // first and last are the outputs that see some of the taps
		last := min(hi-b, nd)
		from := min(max(lo-b, first), last) // from and to those that see them all
		to := max(min(hi-b-taps+1, nd), from)
		for a := first; a < from; a++ {
			correlateEdge(dst, x, w, n, a, max(b, lo-a), min(b+taps, hi-a))
		}
		a := correlateTiles(dst, x, w, n, from, to, b, taps)
		for ; a < last; a++ {
			correlateEdge(dst, x, w, n, a, b, min(b+taps, hi-a))
		}
		b += taps
	}
}

// tapsAtOnce cuts taps into fours, threes and twos.
func tapsAtOnce(left int) int {
	if left == 5 {
		return 3
	}
	return min(left, 4)
}

// correlateTiles adds taps b..b+taps−1 to outputs a..to−1, as far as whole tiles go; it returns the first output left.
func correlateTiles(dst, x, w series, n, a, to, b, taps int) int {
	for ; a+4 <= to && taps > 1; a += 4 {
		switch taps {
		case 4:
			tile4x4(dst, x, w, n, a, b)
		case 3:
			tile4x3(dst, x, w, n, a, b)
		case 2:
			tile4x2(dst, x, w, n, a, b)
		}
	}
	if a+3 <= to && taps == 4 {
		tile3x4(dst, x, w, n, a, b)
		a += 3
	}
	return a
}

// correlateEdge adds taps b..to−1, at most four, to output a.
func correlateEdge(dst, x, w series, n, a, b, to int) {
	switch to - b {
	case 4:
		tile1x4(dst, x, w, n, a, b)
	case 3:
		tile1x3(dst, x, w, n, a, b)
	case 2:
		tile1x2(dst, x, w, n, a, b)
	case 1:
		multiplyAdd(dst.vector(a, n), x.vector(a+b, n), w.vector(b, n))
	}
}

func multiplyAdd(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] += x[i] * y[i]
	}
}
