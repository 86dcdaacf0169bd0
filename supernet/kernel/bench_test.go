package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// benchConv reports the rate of the three passes on one worker, counting 2 operations a tap that is not padding.
func benchConv(b *testing.B, n int, c Conv) {
	oh, ow := c.OutSize()
	r := rand.New(rand.NewPCG(1, 1))
	x, dy := normals(r, n*c.H*c.W*c.C), normals(r, n*oh*ow*c.Out)
	w := normals(r, c.Kernel[0]*c.Kernel[1]*c.C/c.Groups*c.Out)
	y, dx, dw := garbage(len(dy)), garbage(len(x)), garbage(len(w))
	p := NewPool(1)
	defer p.Close()
	rate := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
			b.ReportMetric(2*float64(n)*float64(c.products())*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
		})
	}
	k := NewConvolution(c)
	rate("forward", func() { k.Forward(p, y, x, w, n, nil, nil, Statistics{}) })
	rate("data", func() { k.Backward(p, Gradients{DX: dx}, x, w, nil, dy, n, nil, nil) })
	rate("weights", func() { k.Backward(p, Gradients{DW: dw}, x, w, nil, dy, n, nil, nil) })
}

// products is the number of multiplications of one image, padding left out.
func (c Conv) products() int {
	oh, ow := c.OutSize()
	rows, cols := 0, 0
	for i := range c.Kernel[0] {
		from, to := inRange(oh, c.Stride[0], i*c.Dilation[0]-c.Pad[0], c.H)
		rows += to - from
	}
	for j := range c.Kernel[1] {
		from, to := inRange(ow, c.Stride[1], j*c.Dilation[1]-c.Pad[1], c.W)
		cols += to - from
	}
	return rows * cols * c.C / c.Groups * c.Out
}

func BenchmarkPointwise(b *testing.B) {
	one := [2]int{1, 1}
	for _, s := range [][3]int{{16, 48, 96}, {32, 16, 96}, {16, 96, 16}, {8, 320, 64}} {
		c := Conv{H: s[0], W: s[0], C: s[1], Out: s[2], Kernel: one, Stride: one, Dilation: one, Groups: 1}
		b.Run(fmt.Sprintf("%d×%d×%d→%d", s[0], s[0], s[1], s[2]), func(b *testing.B) { benchConv(b, 16, c) })
	}
}

func BenchmarkDepthwise(b *testing.B) {
	for _, s := range [][3]int{{3, 1, 1}, {5, 1, 1}, {7, 1, 1}, {9, 1, 1}, {11, 1, 1}, {3, 1, 3}, {5, 2, 1}} {
		k, stride, d := s[0], s[1], s[2]
		c := Conv{H: 32, W: 32, C: 96, Out: 96, Kernel: [2]int{k, k}, Stride: [2]int{stride, stride},
			Pad: [2]int{d * (k / 2), d * (k / 2)}, Dilation: [2]int{d, d}, Groups: 96}
		b.Run(fmt.Sprintf("k%d s%d d%d", k, stride, d), func(b *testing.B) { benchConv(b, 4, c) })
	}
}

func BenchmarkFull(b *testing.B) {
	one := [2]int{1, 1}
	for _, k := range [][2]int{{1, 7}, {7, 1}, {3, 3}} {
		c := Conv{H: 16, W: 16, C: 48, Out: 48, Kernel: k, Stride: one, Pad: [2]int{k[0] / 2, k[1] / 2}, Dilation: one,
			Groups: 1}
		b.Run(fmt.Sprintf("%d×%d", k[0], k[1]), func(b *testing.B) { benchConv(b, 8, c) })
	}
	stem := Conv{H: 32, W: 32, C: 3, Out: 16, Kernel: [2]int{3, 3}, Stride: one, Pad: one, Dilation: one, Groups: 1}
	b.Run("stem", func(b *testing.B) { benchConv(b, 8, stem) })
}

func BenchmarkMemoryBound(b *testing.B) {
	const c, rows = 96, 16 * 32 * 32
	r := rand.New(rand.NewPCG(1, 1))
	x, dy, y := normals(r, rows*c), normals(r, rows*c), garbage(rows*c)
	s, gamma, beta, norm := NewStatistics(c), normals(r, c), normals(r, c), NewNorm(c, true)
	p := NewPool(1)
	defer p.Close()
	for _, k := range []struct {
		name string
		f    func()
	}{
		{"Measure", func() { s.Measure(p, x) }},
		{"Norm.Forward", func() { norm.Use(s, gamma, beta, 1e-5); norm.Forward(p, y, x) }},
		{"Norm.Slopes", func() { norm.Slopes(p, beta, beta, x, dy) }},
		{"Norm.Backward", func() { norm.Backward(p, y, x, dy) }},
		{"ReLU", func() { Activate(p, ReLU, y, x) }},
		{"ReLUBackward", func() { ActivateBackward(p, ReLU, y, x, dy) }},
		{"HSwish", func() { Activate(p, HSwish, y, x) }},
		{"HSwishBackward", func() { ActivateBackward(p, HSwish, y, x, dy) }},
		{"Swish", func() { Activate(p, Swish, y, x) }},
		{"SwishBackward", func() { ActivateBackward(p, Swish, y, x, dy) }},
		{"Add", func() { Add(p, y, x, dy) }},
		{"Mean3", func() { Mean(p, y, x, dy, x) }},
		{"Dropout", func() { Dropout(p, y, x, 0.5, 1) }},
		{"Dot", func() { Dot(p, x, dy) }},
		{"MaxPool", func() {
			MaxPoolForward(p, y, x, 16, Window{32, 32, c, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}})
		}},
		{"SGD", func() { SGDNesterov(p, y, x, dy, 0, 0, 0) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows*c), "ns/element")
		})
	}
}
