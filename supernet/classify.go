package supernet

import (
	"context"
	"errors"
	"iter"
	"math"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/data"
)

// Result is how well a network classifies labelled images.
type Result struct {
	Accuracy float64 `json:"accuracy"` // part of the images that it classifies correctly, 0 to 1
	Loss     float64 `json:"loss"`     // mean cross-entropy
}

// ErrNotFinite is the error of a network whose mean cross-entropy is infinite or not a number.
var ErrNotFinite = errors.New("what comes out of the network is infinite or not a number")

// Calibrate replaces the running statistics on the path of a by their means over batches (section 5).
// The error is that of ctx, of an architecture outside the subset, or of a kernel that a plugin runs.
func (n *Net) Calibrate(ctx context.Context, a evolve.Arch, batches iter.Seq[data.Batch]) error {
	t, err := n.single(a)
	if err != nil {
		return err
	}
	if err := t.calibrate(ctx, batches, true); err != nil {
		return err
	}
	n.spent = n.spent.Plus(t.spent)
	t.loadAll()
	return nil
}

// Test classifies images with the running statistics on the path of a. each is shown every batch with its logits
// [N, classes], which are valid until it returns. A nil each is not called. The error is ErrNotFinite if a batch has no
// finite loss. That batch is not shown. Other errors are those of Calibrate.
func (n *Net) Test(
	ctx context.Context, a evolve.Arch, batches iter.Seq[data.Batch], each func(b data.Batch, logits []float32),
) (Result, error) {
	t, err := n.single(a)
	if err != nil {
		return Result{}, err
	}
	err = t.classify(ctx, batches, func(b data.Batch, logits []float32, loss float64) error {
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return ErrNotFinite
		}
		if each != nil {
			each(b, logits)
		}
		return nil
	})
	if err == nil {
		n.spent = n.spent.Plus(t.spent)
	}
	leaf, images := t.leaves[0], float64(t.images)
	return Result{Accuracy: float64(leaf.correct) / images, Loss: leaf.loss / images}, err
}

// single is the trie of one architecture.
func (n *Net) single(a evolve.Arch) (*trie, error) {
	if err := n.check(a); err != nil {
		return nil, err
	}
	return n.plant([]evolve.Arch{a}, []int{0}), nil
}
