package graph

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

// Block is one operation of a network, ready to run. It belongs to one goroutine at a time, and holds the memory of one
// training pass at a time. It owns its parameters. The caller may write their values between passes.
type Block struct {
	Params []*Param // in the order of the graph's nodes; Grad of running statistics is nil
	MACs   int64    // multiply-accumulates of a forward pass of one image (sdk.Count)

	name    string
	in, out sdk.Shape

	probe     program
	eval      program
	train     program
	gradients program // of the parameters and of x
	inputs    program // of x alone
	weights   program // of the parameters alone

	open frame
}

// frame is what a Train pass leaves for Backward.
type frame struct {
	kept, x     []float32
	batch       int
	seed        uint64
	below, from Mark // before and after kept was lent
}

// OutShape is the shape of one image's result.
func (b *Block) OutShape() sdk.Shape { return b.out }

// Forward computes dst [N, OutShape] from x [N, input shape] for the N images of s.Batch. dst must not overlap x.
// Another length panics.
//
// In Train mode it leaves a frame on the arena for Backward. x must stay as it is until then. dst may be reused at
// once. A second Train pass without Backward forgets the first. In the other modes the arena is afterwards as before. A
// kernel that a plugin runs may fail: s.Err and s.Failed tell.
func (b *Block) Forward(s *Session, dst, x []float32) {
	b.check(s, "x", x, b.in)
	b.check(s, "dst", dst, b.out)
	defer b.blame(s)
	if s.Mode == Eval {
		b.evaluate(s, dst, x)
		return
	}
	at := pass{atX: x, atY: dst}
	program := &b.probe
	below := s.Arena.Mark()
	if s.Mode == Train {
		program = &b.train
		at[atKept] = s.Arena.Floats(program.kept * s.Batch)
		b.open = frame{kept: at[atKept], x: x, batch: s.Batch, seed: s.Seed, below: below, from: s.Arena.Mark()}
		below = b.open.from
	}
	at[atTemp] = s.Arena.Floats(program.temp * s.Batch)
	program.run(s, &at)
	s.Arena.Release(below)
}

// cached is about the number of floats that stay in the caches of a processor.
const cached = 1 << 20

// evaluate runs a few images at a time, so that what lies between the kernels is still in the cache. No image waits for
// others in Eval mode.
func (b *Block) evaluate(s *Session, dst, x []float32) {
	batch := s.Batch
	mark := s.Arena.Mark()
	size := min(max(cached/max(b.eval.temp, 1), 1), batch)
	temp := s.Arena.Floats(b.eval.temp * size)
	in, out := b.in.Size(), b.out.Size()
	for from := 0; from < batch; from += size {
		s.Batch = min(size, batch-from)
		to := from + s.Batch
		b.eval.run(s, &pass{atX: x[from*in : to*in], atY: dst[from*out : to*out], atTemp: temp[:b.eval.temp*s.Batch]})
	}
	s.Batch = batch
	s.Arena.Release(mark)
}

// Backward computes gradients from dy [N, OutShape], the gradient of the result. It overwrites the Grad of every
// trained parameter, and dx [N, input shape] with the gradient of x. A nil dx is not computed. In a Frozen session dx
// alone is computed, and any Grad is meaningless afterwards. dx must not overlap dy, which stays as it is.
//
// Backward must follow Forward in Train mode, with the same Batch and Seed. Anything else panics. It gives the frame
// back to the arena if that lies on top, as it does when blocks go backward in the reverse order of their forward
// passes. Otherwise the frame goes with the next Release below it.
func (b *Block) Backward(s *Session, dx, dy []float32) {
	f := b.open
	if f.batch == 0 || f.batch != s.Batch || f.seed != s.Seed {
		panic(fmt.Sprintf("graph: %s: Backward with batch %d and seed %d after Train with batch %d and seed %d",
			b.name, s.Batch, s.Seed, f.batch, f.seed))
	}
	b.check(s, "dy", dy, b.out)
	if dx != nil {
		b.check(s, "dx", dx, b.in)
	}
	defer b.blame(s)
	program := b.backward(dx != nil, s.Frozen)
	mark := s.Arena.Mark()
	program.run(s, &pass{atX: f.x, atDY: dy, atDX: dx, atKept: f.kept, atTemp: s.Arena.Floats(program.temp * s.Batch)})
	if mark == f.from {
		mark = f.below
	}
	s.Arena.Release(mark)
	b.open = frame{}
}

// blame makes the block responsible for a failure that has just come.
func (b *Block) blame(s *Session) {
	if s.Err != nil && s.Failed == nil {
		s.Failed = b
	}
}

// backward is the program that computes what is wanted and no more.
func (b *Block) backward(dx, frozen bool) *program {
	switch {
	case frozen && dx:
		return &b.inputs
	case frozen:
		return &program{}
	case dx:
		return &b.gradients
	}
	return &b.weights
}

// check panics unless v is one of shape for each image of the batch.
func (b *Block) check(s *Session, name string, v []float32, shape sdk.Shape) {
	if s.Batch < 1 || len(v) != s.Batch*shape.Size() {
		panic(fmt.Sprintf("graph: %s: %s has %d floats, %d images of %v need %d", b.name, name, len(v), s.Batch, shape,
			s.Batch*shape.Size()))
	}
}
