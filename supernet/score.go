package supernet

import (
	"context"
	"iter"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Images are what architectures are scored on. Both sequences yield the same batches at every pass, and a batch is read
// before the next one is asked for.
type Images struct {
	Calibration iter.Seq[data.Batch] // training images, from which BN statistics are taken
	Held        iter.Seq[data.Batch] // held-out images, on which accuracy is measured
}

// sharing bounds what is shared in scoring.
type sharing struct {
	archs  int // architectures that are scored together
	floats int // of branches' outputs that wait for further paths
}

// defaultSharing is as many architectures as share most of what there is (docs/adr/0005). More would keep results back
// for longer, and take more memory: the statistics of 64 architectures of Table 5 have less than 100 MB. Outputs take 1
// GiB at most. Those that find no room are computed again.
var defaultSharing = sharing{archs: 64, floats: 1 << 28}

// Score measures the accuracy of architectures after recalibration of their BN statistics (3.3.2, section 5). With
// reset, statistics are the plain mean over the calibration batches. Without it, the trained ones move by momentum.
// Weights and running statistics are afterwards, and at every call of done, what they were before.
//
// done is shown the place of an architecture in archs and its accuracy, 0 to 1. The order is ascending by paths, in
// groups that share what they begin with. The results are those of scoring each architecture alone, bit for bit. The
// error is that of ctx, of done, of an architecture outside the subset, or of a kernel that a plugin runs.
func (n *Net) Score(
	ctx context.Context, archs []evolve.Arch, images Images, reset bool, done func(i int, accuracy float64) error,
) error {
	for _, a := range archs {
		if err := n.check(a); err != nil {
			return err
		}
	}
	for places := range slices.Chunk(ascending(archs), n.sharing.archs) {
		t := n.plant(archs, places)
		if err := t.score(ctx, images, reset); err != nil {
			return err
		}
		n.spent = n.spent.Plus(t.spent)
		for _, leaf := range t.leaves {
			for _, i := range leaf.places {
				if err := done(i, float64(leaf.correct)/float64(t.images)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// ascending lists the places of architectures in the order of their paths, equal ones in the order of their places.
func ascending(archs []evolve.Arch) []int {
	places := make([]int, len(archs))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(i, j int) int {
		return slices.CompareFunc(archs[i], archs[j], slices.Compare[evolve.Path])
	})
	return places
}

// score measures all architectures and leaves the blocks as they were.
func (t *trie) score(ctx context.Context, images Images, reset bool) error {
	defer t.net.statistics()()
	if err := t.calibrate(ctx, images.Calibration, reset); err != nil {
		return err
	}
	return t.classify(ctx, images.Held, nil)
}

// calibrate takes the BN statistics of all branches from batches. With reset they become the plain mean of those of the
// batches. Without it, the trained ones follow every batch with the layers' own momentum.
func (t *trie) calibrate(ctx context.Context, batches iter.Seq[data.Batch], reset bool) error {
	s := &t.net.session
	s.Mode = graph.Probe
	defer func() { s.Momentum = 0 }()
	for b := range batches {
		t.batch++
		s.Momentum = 0
		if reset {
			s.Momentum = 1 / float32(t.batch)
		}
		if err := t.forward(ctx, b, nil); err != nil {
			return err
		}
	}
	return nil
}

// classify runs images through the architectures with their running statistics, and adds up losses and correct ones at
// the leaves. each is shown the logits [N, classes] of every batch and leaf with their mean cross-entropy. Its error
// ends the pass. A nil each is not called.
func (t *trie) classify(
	ctx context.Context, batches iter.Seq[data.Batch], each func(b data.Batch, logits []float32, loss float64) error,
) error {
	t.net.session.Mode = graph.Eval
	for b := range batches {
		t.images += len(b.Labels)
		err := t.forward(ctx, b, func(leaf *node, logits []float32) error {
			loss, correct := kernel.SoftmaxCrossEntropy(nil, logits, b.Labels, t.net.head.OutShape().Channels)
			leaf.loss += loss * float64(len(b.Labels))
			leaf.correct += correct
			if each == nil {
				return nil
			}
			return each(b, logits, loss)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// statistics copies the running statistics of every block in the subset. restore puts them back.
func (n *Net) statistics() (restore func()) {
	saved := map[*graph.Param][]float32{}
	for _, b := range n.blocks(n.subset()) {
		for _, p := range running(b) {
			saved[p] = slices.Clone(p.Value)
		}
	}
	return func() {
		for p, v := range saved {
			copy(p.Value, v)
		}
	}
}
