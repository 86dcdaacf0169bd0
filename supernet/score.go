package supernet

import (
	"context"
	"iter"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Images are what architectures are scored on, in batches that are the same at every pass.
type Images struct {
	Calibration iter.Seq[data.Batch] // BN statistics are taken from
	Held        iter.Seq[data.Batch] // accuracy is measured on
}

// Score is Engine.Score on given images. With reset, statistics start from nothing and are the mean over batches;
// otherwise the trained ones move by momentum.
func (n *Net) Score(ctx context.Context, archs []evolve.Arch, images Images, reset bool, done func(i int, accuracy float64) error) error {
	restore := n.statistics()
	for i, a := range archs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := n.check(a); err != nil {
			return err
		}
		n.recalibrate(a, images.Calibration, reset)
		correct, images := n.correct(a, images.Held)
		restore()
		if err := done(i, float64(correct)/float64(images)); err != nil {
			return err
		}
	}
	return nil
}

// recalibrate takes the BN statistics of architecture a from batches: with reset their plain mean, otherwise the
// trained ones moved by each batch with the layers' momentum.
func (n *Net) recalibrate(a evolve.Arch, batches iter.Seq[data.Batch], reset bool) {
	n.session.Mode = graph.Probe
	defer func() { n.session.Momentum = 0 }()
	seen := 0
	for b := range batches {
		seen++
		n.session.Batch, n.session.Momentum = len(b.Labels), 0
		if reset {
			n.session.Momentum = 1 / float32(seen)
		}
		n.forward(a, b.X)
		n.release()
	}
}

// correct counts the images that architecture a classifies correctly with its running statistics.
func (n *Net) correct(a evolve.Arch, batches iter.Seq[data.Batch]) (correct, images int) {
	n.session.Mode = graph.Eval
	for b := range batches {
		n.session.Batch = len(b.Labels)
		_, c := kernel.SoftmaxCrossEntropy(nil, n.forward(a, b.X), b.Labels, n.head.OutShape().Channels)
		n.release()
		correct += c
		images += len(b.Labels)
	}
	return correct, images
}

// statistics copies the running statistics of every block in the subset, so that scoring, which changes them, can
// put them back: an architecture's score never depends on what was scored before it.
func (n *Net) statistics() (restore func()) {
	saved := map[*graph.Param][]float32{}
	for _, b := range n.blocks(n.subset()) {
		for _, p := range b.Params {
			if p.Init == sdk.RunningMean || p.Init == sdk.RunningVar {
				saved[p] = append([]float32(nil), p.Value...)
			}
		}
	}
	return func() {
		for p, v := range saved {
			copy(p.Value, v)
		}
	}
}
