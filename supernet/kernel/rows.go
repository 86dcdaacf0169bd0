package kernel

// The loops over rows of biases and global pooling.

// addShards sets dst to the sum of the parts of len(dst) elements, in order.
func addShards(dst, parts []float64) {
	clear(dst)
	for len(parts) >= len(dst) && len(dst) > 0 {
		part := parts[:len(dst)]
		for i, v := range part {
			dst[i] += v
		}
		parts = parts[len(dst):]
	}
}

// sumRows sets sum[i] = Σ x[r, i], all of it in float64.
func sumRows(sum []float64, x []float32) {
	clear(sum)
	c := len(sum)
	for ; len(x) >= 4*c; x = x[4*c:] {
		x0, x1, x2, x3 := x[:c], x[c:][:c], x[2*c:][:c], x[3*c:][:c]
		for i := range sum {
			sum[i] += (float64(x0[i]) + float64(x1[i])) + (float64(x2[i]) + float64(x3[i]))
		}
	}
	for ; len(x) >= c; x = x[c:] {
		for i, v := range x[:c] {
			sum[i] += float64(v)
		}
	}
}
