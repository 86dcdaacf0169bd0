package retrain

import (
	"context"
	"errors"
	"fmt"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// Outcome is what became of the last weights and of their average. The average counts, where there is one.
type Outcome struct {
	Last            supernet.Result  `json:"last"`
	Averaged        *supernet.Result `json:"averaged,omitempty"` // nil without EMA
	Kept            string           `json:"kept"`               // last or averaged
	supernet.Result                  // of the weights that are kept
}

// String is one line, such as "91.20 % of test images (last weights 91.00 %, averaged 91.20 %)".
func (o Outcome) String() string { return o.Of("test images") }

// Of is String for other images than test images.
func (o Outcome) Of(images string) string {
	line := fmt.Sprintf("%.2f %% of %s", 100*o.Accuracy, images)
	if o.Averaged != nil {
		line += fmt.Sprintf(" (last weights %.2f %%, averaged %.2f %%)", 100*o.Last.Accuracy, 100*o.Averaged.Accuracy)
	}
	return line
}

// calibrationImages is the number of training images from which the statistics of a trained network are taken, as in
// scoring (section 5).
const calibrationImages = 20000

// testBatch is the number of images that are classified at a time.
const testBatch = 128

// Finish tests the last weights and their average on the test images. Each has BN statistics of its own: the means over
// training images without augmentation (section 5). It keeps the averages, and the last weights without EMA: the test
// images choose nothing. The trainer can go on from neither Step nor Save afterwards. The error is that of ctx,
// supernet.ErrNotFinite, or that of a kernel that a plugin runs.
func (t *Trainer) Finish(ctx context.Context) (o Outcome, err error) {
	if o.Last, err = t.test(ctx); err != nil {
		return o, err
	}
	o.Result, o.Kept = o.Last, "last"
	if t.average == nil {
		return o, nil
	}
	t.average.Apply()
	averaged, err := t.test(ctx)
	if err != nil {
		return o, err
	}
	o.Averaged, o.Result, o.Kept = &averaged, averaged, "averaged"
	return o, nil
}

// Spent is what the training has spent: its steps, also those of a trainer that saved them, and the tests of this one.
// All of it is training alone. A backward pass counts twice the forward one.
func (t *Trainer) Spent() evolve.Ledger {
	images, tests := t.Step*t.config.Batch, t.net.Spent()
	macs := 3 * t.net.MACs(t.arch) * float64(images)
	return evolve.Ledger{TrainImages: int64(images), Alone: macs + tests.Calibration + tests.Scoring}
}

// test measures the network's weights on the test images, with statistics from training images.
func (t *Trainer) test(ctx context.Context) (supernet.Result, error) {
	if err := t.calibrate(ctx, calibrationImages); err != nil {
		return supernet.Result{}, err
	}
	return t.measure(ctx, t.set.Test)
}

// calibrate takes the BN statistics from so many training images at most, in whole batches, since all weigh the same.
func (t *Trainer) calibrate(ctx context.Context, images int) error {
	whole := max(min(images, t.set.Train.Len())/t.config.Batch, 1) * t.config.Batch
	sample := t.set.Train.Sample(whole, t.seed)
	return t.net.Calibrate(ctx, t.arch, t.set.Sequence(sample, t.config.Batch))
}

// measure classifies images with the statistics as they are.
func (t *Trainer) measure(ctx context.Context, images data.Split) (supernet.Result, error) {
	r, err := t.net.Test(ctx, t.arch, t.set.Sequence(images, testBatch), nil)
	if errors.Is(err, supernet.ErrNotFinite) {
		err = fmt.Errorf("%w: a smaller learning rate than %g may help", err, t.config.LR)
	}
	return r, err
}
