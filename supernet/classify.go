package supernet

import (
	"context"
	"errors"
	"iter"
	"math"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Result is how well a network classifies labelled images.
type Result struct {
	Accuracy float64 `json:"accuracy"` // part of the images that it classifies correctly, 0 to 1
	Loss     float64 `json:"loss"`     // mean cross-entropy
}

// Calibrate replaces the running statistics on the path of a by their means over batches.
func (n *Net) Calibrate(ctx context.Context, a evolve.Arch, batches iter.Seq[data.Batch]) error {
	defer func() { n.session.Momentum = 0 }()
	seen := 0
	for b := range batches {
		seen++
		n.session.Momentum = 1 / float32(seen)
		if err := n.pass(ctx, graph.Probe, a, b, func([]float32) {}); err != nil {
			return err
		}
	}
	return nil
}

// ErrNotFinite is the error of a network whose mean cross-entropy is infinite or not a number.
var ErrNotFinite = errors.New("what comes out of the network is infinite or not a number")

// Test classifies images with the running statistics. each, if not nil, is shown every batch with its logits
// [N, classes], which are valid until it returns. The error is ErrNotFinite if a batch has no finite loss. That batch is not shown.
func (n *Net) Test(ctx context.Context, a evolve.Arch, batches iter.Seq[data.Batch], each func(b data.Batch, logits []float32)) (r Result, err error) {
	images, right := 0, 0
	for b := range batches {
		finite := true
		err := n.pass(ctx, graph.Eval, a, b, func(logits []float32) {
			loss, correct := kernel.SoftmaxCrossEntropy(nil, logits, b.Labels, n.head.OutShape().Channels)
			if finite = !math.IsNaN(loss) && !math.IsInf(loss, 0); !finite {
				return
			}
			images += len(b.Labels)
			right += correct
			r.Loss += loss * float64(len(b.Labels))
			if each != nil {
				each(b, logits)
			}
		})
		if err == nil && !finite {
			err = ErrNotFinite
		}
		if err != nil {
			return r, err
		}
	}
	r.Accuracy, r.Loss = float64(right)/float64(images), r.Loss/float64(images)
	return r, nil
}

// pass runs one batch forward.
func (n *Net) pass(ctx context.Context, m graph.Mode, a evolve.Arch, b data.Batch, use func(logits []float32)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n.session.Mode, n.session.Batch = m, len(b.Labels)
	logits := n.forward(a, b.X)
	defer n.release()
	if err := n.failure(); err != nil {
		return err
	}
	use(logits)
	return nil
}
