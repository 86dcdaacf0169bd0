package supernet

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Result is what a network makes of labelled images.
type Result struct {
	Accuracy float64 `json:"accuracy"`
	Loss     float64 `json:"loss"` // mean cross-entropy
}

// Outcome compares the last weights with their average.
type Outcome struct {
	Last     Result  `json:"last"`
	Averaged *Result `json:"averaged,omitempty"` // nil without EMA
	Kept     string  `json:"kept"`               // last or averaged
	Result           // of the weights that are kept
}

// calibrationImages is the number of training images from which the statistics of a trained network are taken, as in
// scoring (section 5).
const calibrationImages = 20000

// Finish tests the last weights and their average on the test images, each with BN statistics of its own: the means over
// training images without augmentation. It leaves the better weights in the network. The trainer can go on from
// neither Step nor Save afterwards.
func (t *Trainer) Finish(ctx context.Context) (o Outcome, err error) {
	if o.Last, err = t.test(ctx); err != nil {
		return o, err
	}
	o.Result, o.Kept = o.Last, "last"
	if len(t.averages) == 0 {
		return o, nil
	}
	last := map[*graph.Param][]float32{}
	for _, p := range t.net.params() {
		last[p] = slices.Clone(p.Value)
		copy(p.Value, t.averages[p])
	}
	averaged, err := t.test(ctx)
	if err != nil {
		return o, err
	}
	o.Averaged = &averaged
	if averaged.Accuracy >= o.Last.Accuracy {
		o.Result, o.Kept = averaged, "averaged"
		return o, nil
	}
	for p, v := range last {
		copy(p.Value, v)
	}
	return o, nil
}

func (t *Trainer) test(ctx context.Context) (Result, error) {
	whole := max(min(calibrationImages, t.set.Train.Len())/t.config.Batch, 1) * t.config.Batch // batches, since all weigh the same
	sample := t.set.Train.Sample(whole, t.seed)
	if err := t.net.Calibrate(ctx, t.arch, t.set.Sequence(sample, t.config.Batch)); err != nil {
		return Result{}, err
	}
	r, err := t.net.Test(ctx, t.arch, t.set.Sequence(t.set.Test, testBatch), nil)
	if errors.Is(err, errNotFinite) {
		err = fmt.Errorf("%w: a smaller learning rate than %g may help", err, t.config.LR)
	}
	return r, err
}

// testBatch is the number of images that are classified at a time.
const testBatch = 128

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

var errNotFinite = errors.New("what comes out of the network is infinite or not a number")

// Test classifies images with the running statistics. each, if not nil, is shown every batch with its logits
// [N, classes], which are valid until it returns. A network of which no loss can be had is an error.
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
			err = errNotFinite
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
