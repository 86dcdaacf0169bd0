package supernet

import (
	"math"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/setting"
)

// TrainConfig says how the shared weights are trained within a round (3.2.2).
type TrainConfig struct {
	// Batch is the number of images in a step.
	Batch int `toml:"batch"`
	// Epochs is the number of passes over the training images in a round.
	Epochs int `toml:"epochs"`
	// EpochSteps is the least number of weight updates in an epoch. A training set of fewer batches is repeated. 0 is
	// one pass.
	EpochSteps int `toml:"epoch_steps"`
	// LR is the learning rate at the start of the cosine.
	LR float64 `toml:"lr"`
	// WarmupLR is the learning rate at the start of the linear warm-up.
	WarmupLR float64 `toml:"warmup_lr"`
	// WarmupEpochs is the length of the warm-up, in epochs.
	WarmupEpochs float64 `toml:"warmup_epochs"`
	// Momentum is the momentum of Nesterov's method.
	Momentum float64 `toml:"momentum"`
	// WeightDecay is the decay of tensors with more than one dimension.
	WeightDecay float64 `toml:"weight_decay"`
	// KeepWeights says whether operations that stay in a layer keep their weights from round to round.
	KeepWeights bool `toml:"keep_weights"`
	// Coast says whether an operation that a step does not sample is moved on by its momentum and weight decay, as in
	// the released code, once it has been sampled in the round. Otherwise its weights and momentum stay.
	Coast bool `toml:"coast"`
}

// ScoreConfig says how BN statistics are recalibrated before an architecture is scored (section 5).
type ScoreConfig struct {
	// Batch is the number of images in a forward pass.
	Batch int `toml:"batch"`
	// Images is the number of training images that the statistics are taken from.
	Images int `toml:"images"`
	// Reset says whether statistics start from nothing and are the mean over batches. Otherwise the trained ones move
	// by momentum.
	Reset bool `toml:"reset"`
}

// DefaultTrain is the training of a round in a preset: the paper's. In "official" operations coast.
func DefaultTrain(preset string) TrainConfig {
	return TrainConfig{Batch: 1024, Epochs: 100, LR: 0.4, WarmupLR: 0.1, WarmupEpochs: 2, Momentum: 0.9,
		WeightDecay: 4e-5, Coast: preset == "official"}
}

// DefaultScore is the recalibration of a preset: the paper's, which resets, and takes the mean over 20 000 images.
// "official" moves the trained statistics by momentum over 50 batches of 1024.
func DefaultScore(preset string) ScoreConfig {
	c := ScoreConfig{Batch: 256, Images: 20000, Reset: true}
	if preset == "official" {
		c.Batch, c.Images, c.Reset = 1024, 50*1024, false
	}
	return c
}

// Validate checks the ranges. Its errors are *setting.Error.
func (c TrainConfig) Validate() error {
	switch {
	case c.Batch < 2:
		return setting.Errorf("batch", c.Batch, "want 2 or more, which batch normalisation needs")
	case c.Epochs < 1 || c.Epochs > maxEpochs:
		return setting.Errorf("epochs", c.Epochs, "want 1 to %d", maxEpochs)
	case c.EpochSteps < 0 || c.EpochSteps > maxEpochs:
		return setting.Errorf("epoch_steps", c.EpochSteps, "want 0 (one pass over the images) to %d", maxEpochs)
	case !(c.LR > 0) || math.IsInf(c.LR, 0):
		return setting.Errorf("lr", c.LR, "want a positive number")
	case !(c.WarmupLR >= 0) || math.IsInf(c.WarmupLR, 0):
		return setting.Errorf("warmup_lr", c.WarmupLR, "want 0 or more")
	case !(c.WarmupEpochs >= 0):
		return setting.Errorf("warmup_epochs", c.WarmupEpochs, "want 0 or more")
	case !(c.Momentum >= 0 && c.Momentum < 1):
		return setting.Errorf("momentum", c.Momentum, "want 0 to 1, 1 excluded")
	case !(c.WeightDecay >= 0 && c.WeightDecay < 1):
		return setting.Errorf("weight_decay", c.WeightDecay, "want 0 to 1, 1 excluded")
	}
	return nil
}

// Validate checks the ranges. Its errors are *setting.Error.
func (c ScoreConfig) Validate() error {
	switch {
	case c.Batch < 2:
		return setting.Errorf("batch", c.Batch, "want 2 or more, which batch normalisation needs")
	case c.Images < 2:
		return setting.Errorf("images", c.Images, "want 2 or more, which batch normalisation needs")
	}
	return nil
}

// maxEpochs keeps the number of steps of a round an int.
const maxEpochs = 1_000_000

// Steps is the number of weight updates in a round on a training set of n images, at least one, and EpochSteps in each
// epoch. An incomplete batch at the end counts as none.
func (c TrainConfig) Steps(n int) int { return max(1, c.Epochs*n/c.Batch, c.Epochs*c.EpochSteps) }

// Rate is the learning rate of step s.Index of s.Total, counted from 0. It rises linearly from WarmupLR to LR, and then
// follows a cosine to 0 at the end of the round.
func (c TrainConfig) Rate(s evolve.Step) float64 {
	warm := c.WarmupEpochs / float64(c.Epochs) * float64(s.Total)
	if t := float64(s.Index); t < warm {
		return c.WarmupLR + (c.LR-c.WarmupLR)*t/warm
	}
	return c.LR / 2 * (1 + math.Cos(math.Pi*(float64(s.Index)-warm)/(float64(s.Total)-warm)))
}
