package kernel

func relu6(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = min(max(x[i], 0), 6)
	}
}

func relu6Backward(dx, y, dy []float32) {
	y, dy = y[:len(dx)], dy[:len(dx)]
	for i, v := range y {
		dx[i] = dy[i]
		if v <= 0 || v >= 6 {
			dx[i] = 0
		}
	}
}

func hardSigmoid(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = min(max(x[i]+3, 0), 6) / 6
	}
}

func hardSigmoidBackward(dx, x, dy []float32) {
	x, dy = x[:len(dx)], dy[:len(dx)]
	for i, v := range x {
		dx[i] = dy[i] / 6
		if v <= -3 || v >= 3 {
			dx[i] = 0
		}
	}
}
