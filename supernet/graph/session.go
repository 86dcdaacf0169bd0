package graph

import "github.com/nse-dev/nse/supernet/kernel"

// Mode says what a forward pass is for.
type Mode int

const (
	// Train uses batch statistics, moves running statistics, drops, and keeps what Backward needs.
	Train Mode = iota
	// Probe uses batch statistics and moves running statistics, but drops and keeps nothing. Between Train and Backward
	// of the same block it changes nothing that Backward reads.
	Probe
	// Eval uses running statistics and keeps nothing: every image's result depends on that image alone.
	Eval
)

// Session is what a pass over blocks shares. It belongs to one goroutine at a time.
type Session struct {
	Pool     *kernel.Pool
	Arena    *Arena
	Batch    int // number of images
	Mode     Mode
	Momentum float32  // above 0: of every BatchNorm in this pass; 1/(i+1) for batches i = 0, 1, ... gives their plain mean
	Seed     uint64   // of dropout in this step
	Profile  *Profile // of what runs; nil for none
	Frozen   bool     // Backward passes gradients on to the input, but computes none of parameters

	Err    error  // why the first kernel failed that a plugin runs; from then on they all give zeros
	Failed *Block // whose kernel that was

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
