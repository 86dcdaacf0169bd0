package supernet

import (
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// fitness measures what the gradient of the fitness indicators needs (eq. 7): the loss, and for every layer ⟨dL/dy,
// y_a⟩ and ⟨dL/dy, y_b⟩, with y the output of the layer. The network computes architecture a (eq. 6). At every layer,
// the paths of b run on the same input without gradient. Both use batch statistics, which the running ones follow.
// Weights stay, and get no gradient.
func (n *Net) fitness(a, b evolve.Arch, held data.Batch, seed uint64) evolve.Gradient {
	n.session.Batch, n.session.Momentum, n.session.Seed = len(held.Labels), 0, seed
	n.session.Mode, n.session.Frozen = graph.Train, true
	defer func() { n.session.Frozen = false }()
	ea, eb := make([][]float32, len(a)), make([][]float32, len(a))
	h := n.enter(held.X)
	defer n.release()
	for l := range a {
		x := h
		h = n.forwardLayer(l, a[l], x)
		n.session.Mode = graph.Probe
		ea[l], eb[l] = h, n.mix(l, b[l], x)
		n.session.Mode = graph.Train
	}
	g := evolve.Gradient{A: make([]float64, len(a)), B: make([]float64, len(a))}
	logits := n.leave(h)
	g.Loss, _ = n.loss(logits, held.Labels, 0)
	n.backward(a, logits, func(l int, dy []float32) {
		g.A[l] = kernel.Dot(n.session.Pool, dy, ea[l])
		g.B[l] = kernel.Dot(n.session.Pool, dy, eb[l])
	})
	return g
}
