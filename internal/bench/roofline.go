package bench

import (
	"time"

	"github.com/nse-dev/nse/supernet/kernel"
)

// Roofline is the most that the engine's kernels get out of the machine.
type Roofline struct {
	GFLOPS float64 // of a pointwise convolution whose products stay in registers and caches
	GBs    float64 // of memory, read and written, by the sum of slices that no cache holds
}

// MeasureRoofline measures the roofline with so many threads, by the clock now. It takes about a second, and 192 MiB of
// memory.
func MeasureRoofline(threads int, now func() time.Time) Roofline {
	pool := kernel.NewPool(threads)
	defer pool.Close()
	return Roofline{peakGFLOPS(pool, now), peakGBs(pool, now)}
}

// or takes the better of two measurements.
func (r Roofline) or(s Roofline) Roofline {
	return Roofline{max(r.GFLOPS, s.GFLOPS), max(r.GBs, s.GBs)}
}

func peakGFLOPS(p *kernel.Pool, now func() time.Time) float64 {
	const side, channels, images = 16, 96, 16
	one := [2]int{1, 1}
	c := kernel.NewConvolution(
		kernel.Conv{H: side, W: side, C: channels, Out: channels, Kernel: one, Stride: one, Dilation: one, Groups: 1})
	x, w := ones(images*side*side*channels), ones(channels*channels)
	y := make([]float32, len(x))
	seconds := least(now, 400, func() { c.Forward(p, y, x, w, images, nil, nil, kernel.Statistics{}) })
	return 2 * float64(len(y)) * channels / seconds / 1e9
}

func peakGBs(p *kernel.Pool, now func() time.Time) float64 {
	const floats = 64 << 20 / 4
	x, y, z := ones(floats), ones(floats), ones(floats)
	seconds := least(now, 8, func() { kernel.Add(p, z, x, y) })
	return 3 * 4 * floats / seconds / 1e9
}

// ones are numbers on which arithmetic is as fast as on any: zero memory might not be there yet.
func ones(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

// least is the least seconds of so many runs.
func least(now func() time.Time, runs int, run func()) float64 {
	times, _ := leastTimes(now, runs, 1, func(int) error {
		run()
		return nil
	})
	return times[0]
}
