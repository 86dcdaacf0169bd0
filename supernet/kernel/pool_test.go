package kernel

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestPoolRunsEveryShardOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		p := NewPool(workers)
		for shards := range 40 {
			counts := make([]atomic.Int32, shards)
			p.Run(shards, func(s int) { counts[s].Add(1) })
			for s := range counts {
				if got := counts[s].Load(); got != 1 {
					t.Fatalf("%d workers, %d shards: shard %d ran %d times", workers, shards, s, got)
				}
			}
		}
		p.Close()
	}
}

// TestPoolOfManyWorkers: workers that outnumber processors wait without keeping each other from working.
func TestPoolOfManyWorkers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p := NewPool(64)
	defer p.Close()
	const kernels = 200
	var ran atomic.Int32
	start := time.Now()
	for range kernels {
		p.Run(16, func(int) { ran.Add(1) })
	}
	if ran.Load() != 16*kernels {
		t.Errorf("%d shards ran", ran.Load())
	}
	if each := time.Since(start) / kernels; each > 500*time.Microsecond {
		t.Errorf("a kernel of nothing takes %v", each)
	}
}

func TestPoolCloseEndsGoroutines(t *testing.T) {
	old := goleak.IgnoreCurrent()
	p := NewPool(5)
	p.Run(20, func(int) {})
	p.Close()
	goleak.VerifyNone(t, old)
}

func TestPoolRefusesNestedRun(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	defer func() {
		if got := recover(); got != poolInUse {
			t.Errorf("recovered %v, want %q", got, poolInUse)
		}
		p.Run(1, func(int) {}) // usable again
	}()
	p.Run(1, func(int) { p.Run(1, func(int) {}) })
}

func TestPoolRefusesRunAfterClose(t *testing.T) {
	p := NewPool(2)
	p.Close()
	defer func() {
		if got := recover(); got != poolClosed {
			t.Errorf("recovered %v, want %q", got, poolClosed)
		}
	}()
	p.Run(2, func(int) {})
}

// TestPoolSurvivesPanic: a panic in the caller's shard leaves the pool usable once the other shards are done.
func TestPoolSurvivesPanic(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	caller := make(chan struct{})
	func() {
		defer func() {
			if got := recover(); got != badRate {
				t.Errorf("recovered %v, want %q", got, badRate)
			}
		}()
		p.run(2, func(_ *Pool, worker, _ int) {
			if worker == 0 {
				defer close(caller)
				panic(badRate)
			}
			<-caller
		})
	}()
	ran := false
	p.Run(1, func(int) { ran = true })
	if !ran {
		t.Error("the pool runs nothing after a panic")
	}
}

// TestSteadyStateAllocations: a repeated kernel of a training step allocates nothing.
func TestSteadyStateAllocations(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	c := Conv{H: 16, W: 16, C: 32, Out: 32, Kernel: [2]int{5, 5}, Stride: [2]int{1, 1}, Pad: [2]int{2, 2},
		Dilation: [2]int{1, 1}, Groups: 1}
	depthwise := c
	depthwise.Groups = 32
	full, each := NewConvolution(c), NewConvolution(depthwise)
	x, y, w, v := make([]float32, 2*256*32), make([]float32, 2*256*32), make([]float32, 25*32*32), make([]float32, 32)
	norm, stats := NewNorm(32, true), NewStatistics(32)
	g := Gradients{DX: x, DW: w, DGamma: v, DBeta: v}
	perChannel := Gradients{DX: x, DW: w[:25*32], DGamma: v, DBeta: v}
	for name, f := range map[string]func(){
		"forward":            func() { full.Forward(p, y, x, w, 2, norm, nil, stats) },
		"backward":           func() { full.Backward(p, g, x, w, y, y, 2, norm, norm) },
		"depthwise forward":  func() { each.Forward(p, y, x, w[:25*32], 2, norm, nil, stats) },
		"depthwise backward": func() { each.Backward(p, perChannel, x, w[:25*32], y, y, 2, norm, norm) },
		"statistics":         func() { stats.Measure(p, x) },
		"normalise":          func() { norm.Use(stats, v, v, 1); norm.Forward(p, y, x) },
		"normalise, back":    func() { norm.Slopes(p, v, v, x, y); norm.Backward(p, y, x, y) },
		"activation":         func() { Activate(p, ReLU, y, x) },
		"mean of two":        func() { Mean(p, y, x, y) },
		"optimizer":          func() { SGDNesterov(p, x, y, x, 0, 0, 0) },
		"adaptive":           func() { AdamW(p, x, y, x, x, Adaptive{Step: 1}) },
		"global average":     func() { GlobalAvgPoolForward(p, y[:64], x, 2, 256, 32) },
	} {
		if got := testing.AllocsPerRun(10, f); got > 0 {
			t.Errorf("%s: %g allocations", name, got)
		}
	}
}
