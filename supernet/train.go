package supernet

import (
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Step trains the parameters on the path of a on one batch (eq. 2, 3.2.2): Gradients without label smoothing, then
// Update at a learning rate. It returns the mean cross-entropy before the update. The error is that of Gradients, and
// nothing is updated then.
func (n *Net) Step(a evolve.Arch, b data.Batch, rate float64, c TrainConfig, seed uint64) (loss float64, err error) {
	if loss, _, err = n.Gradients(a, b, seed, 0); err != nil {
		return 0, err
	}
	n.Update(a, rate, c)
	return loss, nil
}

// Gradients runs one forward and backward pass with batch statistics, which the running ones follow. It overwrites the
// gradient in every parameter on the path of a with that of the mean cross-entropy. It returns this loss, and the
// number of images that are classified correctly. seed draws the masks of dropout. smoothing is the part of every label
// that all classes share, 0 for none. The error is that of an architecture outside the subset, or of a kernel that a
// plugin runs. Gradients are worthless then.
func (n *Net) Gradients(
	a evolve.Arch, b data.Batch, seed uint64, smoothing float64,
) (loss float64, correct int, err error) {
	return n.MixedGradients(a, b, Mix{b.Labels, 1}, seed, smoothing)
}

// Mix is the second label of every image of a batch, and the part of the target that the first one has, 0 to 1.
type Mix struct {
	Labels []int32
	Share  float64
}

// MixedGradients is Gradients with targets of two labels, for images that were mixed likewise.
func (n *Net) MixedGradients(
	a evolve.Arch, b data.Batch, m Mix, seed uint64, smoothing float64,
) (loss float64, correct int, err error) {
	if err := n.check(a); err != nil {
		return 0, 0, err
	}
	n.session.Mode, n.session.Batch, n.session.Momentum, n.session.Seed = graph.Train, len(b.Labels), 0, seed
	logits := n.forward(a, b.X)
	defer n.release()
	if m.Share == 1 {
		loss, correct = n.loss(logits, b.Labels, smoothing)
	} else {
		loss, correct = kernel.MixedCrossEntropy(logits, logits, b.Labels, m.Labels, m.Share,
			n.head.OutShape().Channels, smoothing)
	}
	n.backward(a, logits, nil)
	if err := n.failure(); err != nil {
		return loss, correct, err
	}
	images := len(b.Labels)
	macs := n.MACs(a) * float64(images)
	n.spent = n.spent.Plus(evolve.Ledger{TrainImages: int64(images), Forward: macs, Backward: 2 * macs})
	return loss, correct, nil
}

// loss is the mean cross-entropy of logits [N, classes], and the number of images that are classified correctly. The
// gradient takes the place of the logits.
func (n *Net) loss(logits []float32, labels []int32, smoothing float64) (loss float64, correct int) {
	start := n.session.Profile.Begin()
	loss, correct = kernel.SmoothCrossEntropy(logits, logits, labels, n.head.OutShape().Channels, smoothing)
	n.session.Profile.End(start, "loss", 0, 2*len(logits))
	return loss, correct
}

// Update takes an SGD step with Nesterov momentum, as PyTorch does, on every parameter on the path of a, along the
// gradients that are in them. Other parameters and their momentum stay. With c.Coast those that have a momentum are
// updated too, along a gradient of 0. Of c only Momentum, WeightDecay and Coast count. Weight decay is on tensors with
// more than one dimension.
func (n *Net) Update(a evolve.Arch, rate float64, c TrainConfig) {
	n.updateBlock(n.stem, rate, c)
	for l, path := range a {
		for _, o := range n.layers[l].ops {
			if slices.Contains(path, o.id) {
				n.updateBlock(o.block, rate, c)
			} else if c.Coast {
				n.coast(o.block, rate, c)
			}
		}
	}
	n.updateBlock(n.head, rate, c)
}

// coast updates a block that has a momentum along a gradient of 0.
func (n *Net) coast(b *graph.Block, rate float64, c TrainConfig) {
	for _, p := range b.Params {
		if n.momenta[p] != nil {
			clear(p.Grad)
			n.updateParam(p, rate, c)
		}
	}
}

func (n *Net) updateBlock(b *graph.Block, rate float64, c TrainConfig) {
	for _, p := range b.Params {
		if p.Init.Trained() {
			n.updateParam(p, rate, c)
		}
	}
}

func (n *Net) updateParam(p *graph.Param, rate float64, c TrainConfig) {
	decay := c.WeightDecay
	if len(p.Shape) == 1 {
		decay = 0
	}
	start := n.session.Profile.Begin()
	kernel.SGDNesterov(n.session.Pool, p.Value, n.momentum(p), p.Grad, float32(rate), float32(c.Momentum),
		float32(decay))
	n.session.Profile.End(start, "sgd", 0, 5*len(p.Value))
}

// momentum is the velocity of a parameter, zeros before its first update.
func (n *Net) momentum(p *graph.Param) []float32 { return buffer(n.momenta, p) }

// buffer is what an optimizer keeps of a parameter, zeros before its first update.
func buffer(of map[*graph.Param][]float32, p *graph.Param) []float32 {
	v := of[p]
	if v == nil {
		v = make([]float32, len(p.Value))
		of[p] = v
	}
	return v
}
