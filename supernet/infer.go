package supernet

import (
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/graph"
)

// Inference runs a net and its parts as scoring classifies images: with running statistics, on N images at a time.
// Images and activations are [N, H, W, C]. What a method returns is valid until the next call of any method of the net.
// The error is that of a kernel that a plugin runs.
type Inference struct {
	net   *Net
	batch int
}

// Inference returns what runs n on batch images at a time.
func (n *Net) Inference(batch int) Inference { return Inference{n, batch} }

// Network is the logits [N, classes] of an architecture. It refuses one outside the subset.
func (i Inference) Network(a evolve.Arch, x []float32) ([]float32, error) {
	if err := i.net.check(a); err != nil {
		return nil, err
	}
	return i.run(func() []float32 { return i.net.forward(a, x) })
}

// Stem is the first layer's input, from images x.
func (i Inference) Stem(x []float32) ([]float32, error) {
	return i.run(func() []float32 { return i.net.run(i.net.stem, x) })
}

// Head is the logits [N, classes] from the last layer's output.
func (i Inference) Head(x []float32) ([]float32, error) {
	return i.run(func() []float32 { return i.net.run(i.net.head, x) })
}

// Operation is the output of one operation at layer l, from the layer's input x. The operation must be in the subset.
func (i Inference) Operation(l int, op evolve.OpID, x []float32) ([]float32, error) {
	return i.run(func() []float32 { return i.net.run(i.net.layers[l].block(op), x) })
}

// Join is the output of layer l from those of its branches, by the layer's rule. The first branch stands in for the
// layer's input, where that has a part.
func (i Inference) Join(l int, branches ...[]float32) ([]float32, error) {
	return i.run(func() []float32 {
		return i.net.join(l, branches[0], len(branches), func(b int) []float32 { return branches[b] })
	})
}

func (i Inference) run(pass func() []float32) ([]float32, error) {
	s := &i.net.session
	s.Mode, s.Batch = graph.Eval, i.batch
	defer s.Arena.Release(s.Arena.Mark())
	return pass(), i.net.failure()
}
