package graph

import (
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// pixel is a block whose kernels have next to nothing to do, so that the executor's own cost shows.
func pixel(b testing.TB) (*Session, *Block, []float32) {
	g := build(b, sdk.Shape{Height: 1, Width: 1, Channels: 1}, func(x sdk.Tensor) sdk.Tensor {
		return mbconv(x, 1, 3, 1, 1, 1, sdk.ReLU)
	})
	return newSession(b, 1, Train), compile(b, "pixel", g), []float32{1}
}

// BenchmarkPixel is a forward and a backward pass, kernels and their parallel sections included.
func BenchmarkPixel(b *testing.B) {
	s, block, x := pixel(b)
	y, dx := []float32{0}, []float32{0}
	b.ReportAllocs()
	for b.Loop() {
		block.Forward(s, y, x)
		block.Backward(s, dx, x)
	}
}

// hollow is pixel with kernels that do nothing, and a run of its passes.
func hollow(b testing.TB) (run func(), calls int) {
	s, block, x := pixel(b)
	for _, p := range []*program{&block.train, &block.gradients} {
		calls += len(p.calls)
		for i := range p.calls {
			p.calls[i].run = func(*Session, []float32, [][]float32) {}
		}
	}
	y := []float32{0}
	return func() {
		block.Forward(s, y, x)
		block.Backward(s, y, x)
	}, calls
}

// BenchmarkExecutor is what a kernel call costs beside the kernel.
func BenchmarkExecutor(b *testing.B) {
	run, calls := hollow(b)
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*calls), "ns/call")
}

func TestExecutorAllocatesNothing(t *testing.T) {
	run, _ := hollow(t)
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("a forward and a backward pass allocate %v times beside their kernels", n)
	}
}

// BenchmarkCompile is the cost of one candidate when a round begins.
func BenchmarkCompile(b *testing.B) {
	g := build(b, image(16), func(x sdk.Tensor) sdk.Tensor { return mbconv(x, 16, 5, 6, 1, 1, sdk.ReLU) })
	for b.Loop() {
		if _, err := Compile("b", g); err != nil {
			b.Fatal(err)
		}
	}
}
