// Package softpool is an operation that no primitive expresses: the mean of a window, weighted by the softmax of its
// values.
package softpool

import (
	"fmt"
	"math"
	"sync"

	"github.com/nse-dev/nse/sdk"
)

// Op is the family: 1×1 to c_in channels, the pooling with the layer's stride, 1×1 to c_out. The kernel is
// deterministic, so that a search with it can be repeated to the bit.
func Op() sdk.Op {
	return sdk.Op{
		Name:    "softpool",
		Doc:     "1×1, softmax-weighted mean of kernel×kernel windows, 1×1.",
		Attrs:   []sdk.Attr{{Name: "kernel", Short: "k", Doc: "side of the window, odd", Default: 3}},
		Build:   build,
		Kernels: []sdk.Kernel{{Name: "softpool", Forward: forward, Backward: backward}},
	}
}

// build draws the member for one layer. Exec declares its output, since nothing can be inferred about a kernel.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel := a.Int("kernel")
	if kernel < 1 || kernel > 99 || kernel%2 == 0 {
		return sdk.Tensor{}, fmt.Errorf("kernel %d is not an odd number in 1..99", kernel)
	}
	x := g.Input().Conv1x1(l.In, 1).BatchNormAct(l.Activation)
	x = x.Exec(sdk.Exec{
		Kernel:        "softpool",
		Args:          []int{kernel, l.Stride},
		Out:           sdk.Shape{Height: l.Output().Height, Width: l.Output().Width, Channels: l.In},
		Deterministic: true,
	})
	return x.Conv1x1(l.Out, 1).BatchNorm(), nil
}

// forward computes y = Σ eˣ·x / Σ eˣ over each window, without padding.
func forward(c sdk.Call) error {
	images(c, func(c sdk.Call) {
		windows(c, func(y int, window []int) {
			c.Y[y], _, _ = pool(c.X, window)
		})
	})
	return nil
}

// backward: ∂y/∂x = eˣ/Σ eˣ · (1 + x − y).
func backward(c sdk.Call) error {
	images(c, func(c sdk.Call) {
		clear(c.DX)
		windows(c, func(y int, window []int) {
			mean, highest, sum := pool(c.X, window)
			for _, i := range window {
				x := c.X[i]
				c.DX[i] += c.DY[y] * exp(x-highest) / sum * (1 + x - mean)
			}
		})
	})
	return nil
}

// pool is the weighted mean of a window, with its greatest value and Σ e^(x − greatest).
func pool(x []float32, window []int) (mean, highest, sum float32) {
	highest = float32(math.Inf(-1))
	for _, i := range window {
		highest = max(highest, x[i])
	}
	var weighted float32
	for _, i := range window {
		e := exp(x[i] - highest)
		sum += e
		weighted += e * x[i]
	}
	return weighted / sum, highest, sum
}

func exp(x float32) float32 { return float32(math.Exp(float64(x))) }

// windows calls f for each output, an index of Y, with the indices in X of its window's inputs. A window at the border
// holds fewer inputs. The slice is overwritten by the next call.
func windows(c sdk.Call, f func(y int, window []int)) {
	kernel, stride, channels := c.Args[0], c.Args[1], c.In.Channels
	window := make([]int, 0, kernel*kernel)
	for h := range c.Out.Height {
		for w := range c.Out.Width {
			top, left := h*stride-kernel/2, w*stride-kernel/2
			for ch := range channels {
				window = window[:0]
				for i := max(0, top); i < min(c.In.Height, top+kernel); i++ {
					for j := max(0, left); j < min(c.In.Width, left+kernel); j++ {
						window = append(window, (i*c.In.Width+j)*channels+ch)
					}
				}
				f((h*c.Out.Width+w)*channels+ch, window)
			}
		}
	}
}

// images calls f for each image of a batch, on all cores. No image depends on another, so that the order changes no
// bit.
func images(c sdk.Call, f func(sdk.Call)) {
	x, y := c.In.Size(), c.Out.Size()
	cut := func(v []float32, i, size int) []float32 {
		if v == nil {
			return nil
		}
		return v[i*size : (i+1)*size]
	}
	var all sync.WaitGroup
	for i := range c.Images {
		one := c
		one.X, one.Y, one.DY, one.DX = cut(c.X, i, x), cut(c.Y, i, y), cut(c.DY, i, y), cut(c.DX, i, x)
		all.Go(func() { f(one) })
	}
	all.Wait()
}
