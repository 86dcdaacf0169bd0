package kernel

// Conv is the geometry of a convolution. Pairs are vertical, horizontal. Groups divide C and Out. The zero value is
// impossible.
type Conv struct {
	H, W, C, Out                  int // of the input, and channels of the output
	Kernel, Stride, Pad, Dilation [2]int
	Groups                        int
}

// OutSize is the height and width of the output: (H + 2·pad − dilation·(kernel−1) − 1)/stride + 1.
func (c Conv) OutSize() (h, w int) {
	return outSize(c.H, c.Kernel[0], c.Stride[0], c.Pad[0], c.Dilation[0]),
		outSize(c.W, c.Kernel[1], c.Stride[1], c.Pad[1], c.Dilation[1])
}

func outSize(n, k, s, p, d int) int { return (n+2*p-d*(k-1)-1)/s + 1 }

// Window is the geometry of pooling. Pairs are vertical, horizontal; padding is at most half the kernel.
type Window struct {
	H, W, C             int
	Kernel, Stride, Pad [2]int
}

// OutSize is the height and width of the output: (H + 2·pad − kernel)/stride + 1.
func (w Window) OutSize() (oh, ow int) {
	return outSize(w.H, w.Kernel[0], w.Stride[0], w.Pad[0], 1), outSize(w.W, w.Kernel[1], w.Stride[1], w.Pad[1], 1)
}

// check panics unless the lengths of input and output fit the geometry.
func (w Window) check(x, y []float32, n int) {
	size := [2]int{w.H, w.W}
	for i := range size {
		k, s, p := w.Kernel[i], w.Stride[i], w.Pad[i]
		if min(k, s, size[i], w.C) < 1 || p < 0 || 2*p > k || size[i]+2*p < k {
			panic(badGeometry)
		}
	}
	oh, ow := w.OutSize()
	need(x, n*w.H*w.W*w.C)
	need(y, n*oh*ow*w.C)
}

// clip is the range of input positions of output o's window that lie inside 0..n−1.
func clip(o, k, s, p, n int) (from, to int) { return max(o*s-p, 0), min(o*s-p+k, n) }
