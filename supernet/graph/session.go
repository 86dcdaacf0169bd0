package graph

import "github.com/nse-dev/nse/supernet/kernel"

// Mode says what a forward pass is for.
type Mode int

const (
	// Train uses batch statistics, moves running statistics, drops, and keeps what Backward needs.
	Train Mode = iota
	// Probe uses batch statistics and moves running statistics, but drops and keeps nothing. Between Train and Backward
	// of the same block it leaves everything as it is that Backward reads.
	Probe
	// Eval uses running statistics and keeps nothing: every image's result depends on that image alone.
	Eval
)

// Session is what passes over blocks share. It belongs to one goroutine at a time. Pool and Arena must not be nil.
type Session struct {
	Pool  *kernel.Pool
	Arena *Arena
	Batch int // number of images
	Mode  Mode
	// Momentum is that of every BatchNorm in this pass if it is above 0, and otherwise the layer's own counts. 1/(i+1)
	// for batches i = 0, 1, ... gives their plain mean (section 5).
	Momentum float32
	Seed     uint64   // of dropout in this step
	Profile  *Profile // of what runs; nil for none
	Frozen   bool     // Backward passes gradients on to the input, but computes none of parameters

	// Err is why the first kernel failed that a plugin runs. It is nil if none has. From then on such kernels all give
	// zeros. The owner of the session resets it.
	Err    error
	Failed *Block // that the kernel belongs to; nil without Err

	spare []float32 // see unwanted
}

// mask is the seed of one dropout node in this step.
func (s *Session) mask(node uint64) uint64 { return mix(s.Seed + mix(node)) }

// mix is the finalizer of SplitMix64: a bijection in which every input bit moves half of the output bits.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
