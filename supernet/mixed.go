package supernet

import (
	"fmt"
	"math"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// mixedNorm bounds the norm of the gradient in a mixed step, over all parameters. It is that of DARTS.
const mixedNorm = 5

// TrainMixed implements evolve.Mixing: one SGD step of all operations of the subset on a batch of training images. The
// gradient is scaled down to a norm of 5 where its norm is greater.
func (e *Engine) TrainMixed(s evolve.Step, weights [][]float64) (loss float64, err error) {
	if err := e.readyMixed(s.Round, weights); err != nil {
		return 0, err
	}
	n, b := e.net, e.weights.At(s.Index)
	if loss, err = n.mixedGradients(weights, b, e.dropoutSeed("dropout", s)); err != nil {
		return 0, err
	}
	a := n.weighted(weights)
	n.clip(a, mixedNorm)
	n.Update(a, e.training.Rate(s), e.training)
	images := float64(len(b.Labels))
	n.spent = n.spent.Plus(evolve.Ledger{TrainImages: int64(images), Forward: n.MACs(a) * images,
		Backward: 2 * n.MACs(a) * images})
	return loss, nil
}

// FitnessMixed implements evolve.Mixing, on a held-out batch. Batch statistics count, and the running ones follow.
func (e *Engine) FitnessMixed(s evolve.Step, weights [][]float64) (loss float64, products [][]float64, err error) {
	if err := e.readyMixed(s.Round, weights); err != nil {
		return 0, nil, err
	}
	n, held := e.net, e.held.At(s.Index)
	loss, products = n.mixedProducts(weights, held, e.dropoutSeed("dropout of fitness", s))
	if err := n.failure(); err != nil {
		return 0, nil, err
	}
	n.spent.Fitness += n.mixedFitnessMACs(n.weighted(weights)) * float64(len(held.Labels))
	return loss, products, nil
}

// MixedMACs implements evolve.Mixing, for weights of which none is 0. The engine must have begun a round.
func (e *Engine) MixedMACs() (train, fitness float64) {
	all, batch := e.net.subset(), float64(e.training.Batch)
	return 3 * e.net.MACs(all) * batch, e.net.mixedFitnessMACs(all) * batch
}

// mixedFitnessMACs is what FitnessMixed computes of one image: the forward pass of a, which lists what runs, and the
// gradients of the data down to the stem.
func (n *Net) mixedFitnessMACs(a evolve.Arch) float64 { return 2*n.MACs(a) - float64(n.stem.MACs) }

// readyMixed is ready for weights of a mixture.
func (e *Engine) readyMixed(round int, weights [][]float64) error {
	if err := e.net.checkMixture(weights); err != nil {
		return err
	}
	return e.ready(round)
}

// checkMixture refuses weights that do not fit the subset.
func (n *Net) checkMixture(weights [][]float64) error {
	if len(weights) != len(n.layers) {
		return fmt.Errorf("supernet: weights of %d layers for a network of %d", len(weights), len(n.layers))
	}
	for i, l := range n.layers {
		want := len(l.ops)
		if l.Normal() {
			want++
		}
		if len(weights[i]) != want {
			return fmt.Errorf("supernet: layer %d: %d weights for %d branches", i, len(weights[i]), want)
		}
	}
	return nil
}

// weighted lists the operations that a mixture runs: those with a weight.
func (n *Net) weighted(weights [][]float64) evolve.Arch {
	a := make(evolve.Arch, len(n.layers))
	for i := range n.layers {
		_, ops := n.layers[i].split(weights[i])
		for j, c := range n.layers[i].ops {
			if float32(ops[j]) != 0 {
				a[i] = append(a[i], c.id)
			}
		}
	}
	return a
}

// split divides the weights of a mixture into those of the identity, 0 in a reduction layer, and of the operations. In
// a normal layer with Residual every choice has the identity in it.
func (l *layer) split(weights []float64) (identity float64, ops []float64) {
	if !l.Normal() {
		return 0, weights
	}
	identity = weights[0]
	if l.join == Residual {
		for _, w := range weights[1:] {
			identity += w
		}
	}
	return identity, weights[1:]
}

// mixedGradients is Gradients of a mixture. Operations without a weight are not run, and their gradients are left as
// they are.
func (n *Net) mixedGradients(weights [][]float64, b data.Batch, seed uint64) (loss float64, err error) {
	n.session.Mode, n.session.Batch, n.session.Momentum, n.session.Seed = graph.Train, len(b.Labels), 0, seed
	outputs := make([][][]float32, len(n.layers))
	h := n.enter(b.X)
	defer n.release()
	for l := range n.layers {
		h, outputs[l] = n.forwardMixture(l, weights[l], h, false)
	}
	logits := n.leave(h)
	loss, _ = n.loss(logits, b.Labels, 0)
	n.backwardMixture(weights, outputs, logits, nil)
	return loss, n.failure()
}

// mixedProducts returns the loss of a mixture on a batch, and ⟨dL/dy, o_i⟩ for the output o_i of every branch of a
// layer and the layer's own output y: the gradient of L by the weights. It is 0 for an operation without a weight.
// Parameters stay, and get no gradient.
func (n *Net) mixedProducts(weights [][]float64, held data.Batch, seed uint64) (loss float64, products [][]float64) {
	n.session.Mode, n.session.Batch, n.session.Momentum, n.session.Seed = graph.Train, len(held.Labels), 0, seed
	n.session.Frozen = true
	defer func() { n.session.Frozen = false }()
	outputs := make([][][]float32, len(n.layers))
	h := n.enter(held.X)
	defer n.release()
	for l := range n.layers {
		h, outputs[l] = n.forwardMixture(l, weights[l], h, true)
	}
	logits := n.leave(h)
	loss, _ = n.loss(logits, held.Labels, 0)
	products = make([][]float64, len(n.layers))
	n.backwardMixture(weights, outputs, logits, func(l int, dy []float32) {
		branches, shortcut := outputs[l], 0.0
		if n.layers[l].Normal() {
			identity := kernel.Dot(n.session.Pool, dy, n.trace.acts[l])
			products[l] = append(products[l], identity)
			if n.layers[l].join == Residual {
				shortcut = identity
			}
		}
		_, ops := n.layers[l].split(weights[l])
		for i, w := range ops {
			product := 0.0
			if float32(w) != 0 {
				product = kernel.Dot(n.session.Pool, dy, branches[i]) + shortcut
			}
			products[l] = append(products[l], product)
		}
	})
	return loss, products
}

// forwardMixture returns y = Σ w_i·o_i(x) of layer l, with o_i + x in place of the o_i of an operation where a normal
// layer has Residual. It records x. With apart it returns the outputs of all operations
// too. Without it they share the memory of one.
func (n *Net) forwardMixture(l int, weights []float64, x []float32, apart bool) (y []float32, outputs [][]float32) {
	layer, arena, pool := &n.layers[l], n.session.Arena, n.session.Pool
	n.trace.marks = append(n.trace.marks, arena.Mark())
	n.trace.acts = append(n.trace.acts, x)
	size := n.session.Batch * layer.Output().Size()
	y = arena.Floats(size)
	outputs = make([][]float32, len(layer.ops))
	for i := range outputs {
		if i > 0 && !apart {
			outputs[i] = outputs[0]
			continue
		}
		outputs[i] = arena.Floats(size)
	}
	identity, ops := layer.split(weights)
	clear(y)
	if layer.Normal() {
		kernel.Scale(pool, y, x, float32(identity))
	}
	for i, w := range ops {
		if float32(w) != 0 {
			layer.ops[i].block.Forward(&n.session, outputs[i], x)
			kernel.AddScaled(pool, y, outputs[i], float32(w))
		}
	}
	return y, outputs
}

// backwardMixture is backward of a mixture. It overwrites the outputs after seen.
func (n *Net) backwardMixture(
	weights [][]float64, outputs [][][]float32, dlogits []float32, seen func(l int, dy []float32),
) {
	n.growGrads()
	last := len(n.layers)
	dy := n.grad(0, len(n.trace.acts[last]))
	n.head.Backward(&n.session, dy, dlogits)
	for l := last - 1; l >= 0; l-- {
		if seen != nil {
			seen(l, dy)
		}
		dy = n.backwardMixedLayer(l, weights[l], outputs[l], dy)
		n.session.Arena.Release(n.trace.marks[l])
	}
	n.stem.Backward(&n.session, nil, dy)
}

// backwardMixedLayer returns the gradient of the layer's input: every branch gets dy times its weight, and their
// gradients are summed from the last branch to the first. The memory of the first output takes these products.
func (n *Net) backwardMixedLayer(l int, weights []float64, outputs [][]float32, dy []float32) []float32 {
	layer, pool := &n.layers[l], n.session.Pool
	dx, part := n.freeGrads(dy, len(n.trace.acts[l]))
	identity, ops := layer.split(weights)
	clear(dx)
	for i := len(ops) - 1; i >= 0; i-- {
		if w := float32(ops[i]); w != 0 {
			kernel.Scale(pool, outputs[0], dy, w)
			layer.ops[i].block.Backward(&n.session, part, outputs[0])
			n.add(dx, part)
		}
	}
	if layer.Normal() {
		kernel.AddScaled(pool, dx, dy, float32(identity))
	}
	return dx
}

// clip scales the gradients of all parameters on the path of a down to a common norm of at most most.
func (n *Net) clip(a evolve.Arch, most float64) {
	sum := 0.0
	blocks := n.blocks(a)
	for _, b := range blocks {
		for _, p := range b.Params {
			if p.Init.Trained() {
				sum += kernel.Dot(n.session.Pool, p.Grad, p.Grad)
			}
		}
	}
	norm := math.Sqrt(sum)
	if norm <= most {
		return
	}
	for _, b := range blocks {
		for _, p := range b.Params {
			if p.Init.Trained() {
				n.scale(p.Grad, float32(most/norm))
			}
		}
	}
}
