package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// visit calls f with the offsets of each product x·w → y of one image, straight from the definition.
func (c Conv) visit(f func(x, y, w int)) {
	oh, ow := c.OutSize()
	cg, og := c.C/c.Groups, c.Out/c.Groups
	for h := range oh {
		for v := range ow {
			for i := range c.Kernel[0] {
				for j := range c.Kernel[1] {
					xh, xv := h*c.Stride[0]-c.Pad[0]+i*c.Dilation[0], v*c.Stride[1]-c.Pad[1]+j*c.Dilation[1]
					if xh < 0 || xh >= c.H || xv < 0 || xv >= c.W {
						continue
					}
					for o := range c.Out {
						for k := range cg {
							f((xh*c.W+xv)*c.C+o/og*cg+k, (h*ow+v)*c.Out+o, ((i*c.Kernel[1]+j)*cg+k)*c.Out+o)
						}
					}
				}
			}
		}
	}
}

// reference computes y, dx and dw and, for each, the sum of the products' magnitudes.
func (c Conv) reference(x, w, dy []float32, n int) (y, dx, dw [2][]float64) {
	oh, ow := c.OutSize()
	xs, ys := c.H*c.W*c.C, oh*ow*c.Out
	for i := range 2 {
		y[i], dx[i], dw[i] = make([]float64, n*ys), make([]float64, n*xs), make([]float64, len(w))
	}
	put := func(to *[2][]float64, i int, a, b float32) {
		to[0][i] += float64(a) * float64(b)
		to[1][i] += math.Abs(float64(a) * float64(b))
	}
	for b := range n {
		c.visit(func(xi, yi, wi int) {
			xi, yi = b*xs+xi, b*ys+yi
			put(&y, yi, x[xi], w[wi])
			put(&dx, xi, dy[yi], w[wi])
			put(&dw, wi, x[xi], dy[yi])
		})
	}
	return y, dx, dw
}

// drawConv draws any geometry: odd strides, dilations, padding beyond the kernel, groups, channels that fill no tile.
func drawConv(t *rapid.T) (c Conv, n int) {
	c.Groups = rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "groups")
	c.C = c.Groups * rapid.IntRange(1, 70/c.Groups).Draw(t, "C/groups")
	c.Out = c.Groups * rapid.IntRange(1, 70/c.Groups).Draw(t, "Out/groups")
	if rapid.Bool().Draw(t, "depthwise") {
		c.Out, c.Groups = c.C, c.C
	}
	size := [2]*int{&c.H, &c.W}
	for i := range size {
		c.Kernel[i] = rapid.SampledFrom([]int{1, 1, 2, 3, 4, 5, 7, 9, 11}).Draw(t, "kernel")
		c.Stride[i] = rapid.IntRange(1, 3).Draw(t, "stride")
		c.Dilation[i] = rapid.IntRange(1, 3).Draw(t, "dilation")
		span := c.Dilation[i]*(c.Kernel[i]-1) + 1
		c.Pad[i] = rapid.IntRange(0, span/2+1).Draw(t, "pad")
		*size[i] = max(span-2*c.Pad[i], 1) + rapid.IntRange(0, 9).Draw(t, "size")
	}
	return c, rapid.IntRange(1, 5).Draw(t, "n")
}

// checkConv compares the three kernels with the reference, on 1, 2 and 7 workers.
func checkConv(t rapid.TB, r *rand.Rand, c Conv, n int) {
	t.Helper()
	oh, ow := c.OutSize()
	x, dy := normals(r, n*c.H*c.W*c.C), normals(r, n*oh*ow*c.Out)
	w := normals(r, c.Kernel[0]*c.Kernel[1]*c.C/c.Groups*c.Out)
	got := onPools(t, func(p *Pool) [][]float32 {
		y, dx, dw := garbage(len(dy)), garbage(len(x)), garbage(len(w))
		k := NewConvolution(c)
		k.Forward(p, y, x, w, n, nil, nil, Statistics{})
		k.Backward(p, Gradients{DX: dx, DW: dw}, x, w, nil, dy, n, nil, nil)
		return [][]float32{y, dx, dw}
	})
	y, dx, dw := c.reference(x, w, dy, n)
	const tolerance = 1e-6 // of float32 sums over thousands of products
	near(t, "y", got[0], y[0], y[1], tolerance)
	near(t, "dx", got[1], dx[0], dx[1], tolerance)
	near(t, "dw", got[2], dw[0], dw[1], tolerance)
	// ⟨dy, J·x⟩ = ⟨Jᵀ·dy, x⟩, and the same for w.
	product, size := inner(dy, got[0]), 0.0
	for i, v := range y[1] {
		size += v * math.Abs(float64(dy[i]))
	}
	if a, b := inner(x, got[1]), inner(w, got[2]); math.Abs(a-product)+math.Abs(b-product) > 1e-6*size {
		t.Fatalf("⟨dy, y⟩ = %g, ⟨dx, x⟩ = %g, ⟨dw, w⟩ = %g", product, a, b)
	}
}

func TestConvAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, n := drawConv(t)
		checkConv(t, drawRand(t), c, n)
	})
}

// TestConvOfOperations checks the geometries that the shipped operations are made of.
func TestConvOfOperations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	square := func(k int) [2]int { return [2]int{k, k} }
	for _, k := range []int{3, 5, 7, 9, 11} {
		for _, s := range []int{1, 2} {
			for _, d := range []int{1, 2, 3} {
				c := Conv{H: 13, W: 14, C: 17, Out: 17, Kernel: square(k), Stride: square(s), Pad: square(d * (k / 2)),
					Dilation: square(d), Groups: 17}
				t.Run(fmt.Sprintf("depthwise k%d s%d d%d", k, s, d), func(t *testing.T) { checkConv(t, r, c, 2) })
			}
		}
	}
	for _, k := range []int{3, 5, 7} {
		for _, s := range []int{1, 2} {
			one := [2]int{1, 1}
			full := Conv{H: 9, W: 8, C: 10, Out: 12, Kernel: square(k), Stride: square(s), Pad: square(k / 2),
				Dilation: one, Groups: 1}
			row, col := full, full
			row.Kernel, row.Stride, row.Pad = [2]int{1, k}, [2]int{1, s}, [2]int{0, k / 2}
			col.Kernel, col.Stride, col.Pad = [2]int{k, 1}, [2]int{s, 1}, [2]int{k / 2, 0}
			for _, c := range []Conv{full, row, col} {
				t.Run(fmt.Sprintf("%v stride %v", c.Kernel, c.Stride), func(t *testing.T) { checkConv(t, r, c, 3) })
			}
		}
	}
}

// TestConvSkipsPadding: an infinity never meets the zeros of the padding, and weights that see only padding do not
// matter.
func TestConvSkipsPadding(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	for _, groups := range []int{1, 4} {
		c := Conv{H: 1, W: 1, C: 4, Out: 4, Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Pad: [2]int{1, 1},
			Dilation: [2]int{1, 1}, Groups: groups}
		w := make([]float32, 9*4/groups*4)
		for i := range w {
			w[i] = nan
			if tap := i / (4 / groups * 4); tap == 4 {
				w[i] = 1
			}
		}
		x, y := []float32{1, 2, inf, 4}, garbage(4)
		p := NewPool(1)
		NewConvolution(c).Forward(p, y, x, w, 1, nil, nil, Statistics{})
		p.Close()
		want := x
		if groups == 1 {
			want = []float32{inf, inf, inf, inf}
		}
		for i := range y {
			if y[i] != want[i] {
				t.Errorf("groups %d: y = %v, want %v", groups, y, want)
				break
			}
		}
	}
}

// TestConvPropagatesNaN: one NaN in x reaches exactly the outputs whose windows hold it.
func TestConvPropagatesNaN(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	for _, groups := range []int{1, 5} {
		c := Conv{H: 6, W: 7, C: 5, Out: 5, Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Pad: [2]int{1, 1},
			Dilation: [2]int{1, 1}, Groups: groups}
		x, w, y := make([]float32, 2*6*7*5), make([]float32, 9*5/groups*5), make([]float32, 2*6*7*5)
		x[((1*6+2)*7+3)*5+1] = float32(math.NaN()) // image 1, line 2, column 3, channel 1
		NewConvolution(c).Forward(p, y, x, w, 2, nil, nil, Statistics{})
		for i, v := range y {
			b, h, q, o := i/210, i/35%6, i/5%7, i%5
			want := b == 1 && h >= 1 && h <= 3 && q >= 2 && q <= 4 && (groups == 1 || o == 1)
			if isNaN(v) != want {
				t.Fatalf("groups %d: y[%d, %d, %d, %d] = %g", groups, b, h, q, o, v)
			}
		}
	}
}

func TestConvPanicsOnWrongLengths(t *testing.T) {
	c := Conv{H: 3, W: 3, C: 2, Out: 2, Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1}
	two := c
	two.Groups = 3
	wide := c
	wide.Kernel = [2]int{5, 1}
	for want, c := range map[string]Conv{badLength: c, badGeometry: two, badGeometry + " ": wide} {
		func() {
			defer func() {
				if got := recover(); got != want && got != want[:len(want)-1] {
					t.Errorf("%+v: recovered %v, want %q", c, got, want)
				}
			}()
			NewConvolution(c).Forward(nil, make([]float32, 18), make([]float32, 17), make([]float32, 4), 1, nil, nil,
				Statistics{})
			t.Errorf("%+v: no panic", c)
		}()
	}
}
