package supernet

import (
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// UpdateAdamW takes a step of AdamW, as PyTorch does, on every trained parameter of the network, along the gradients
// that are in them. It is for a network of one architecture. The first moment takes the place of the momentum. Weight
// decay is on tensors with more than one dimension.
func (n *Net) UpdateAdamW(a kernel.Adaptive) {
	for _, p := range n.params() {
		if p.Init.Trained() {
			n.adapt(p, a)
		}
	}
}

func (n *Net) adapt(p *graph.Param, a kernel.Adaptive) {
	if len(p.Shape) == 1 {
		a.Decay = 0
	}
	start := n.session.Profile.Begin()
	kernel.AdamW(n.session.Pool, p.Value, n.momentum(p), buffer(n.squares, p), p.Grad, a)
	n.session.Profile.End(start, "adamw", 0, 7*len(p.Value))
}

// Squares are copies of AdamW's second moments, as Momenta are of the first ones.
func (n *Net) Squares() []safetensors.Tensor { return n.buffers(n.squares) }

// SetSquares gives every trained parameter the second moment of its name. It refuses what SetMomenta refuses.
func (n *Net) SetSquares(f *safetensors.File) error { return n.setBuffers(n.squares, f) }
