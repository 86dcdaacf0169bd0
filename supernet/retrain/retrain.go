// Package retrain trains single architectures from scratch on all training images and tests them (appendix B of the
// paper). A Trainer can be saved between any two steps and goes on to the same bits.
package retrain

import (
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// Config says how an architecture is trained from scratch (appendix B).
type Config struct {
	// Batch is the number of images in a step. If there are fewer training images, a step has all of them.
	Batch int `toml:"batch" json:"batch"`
	// Epochs is the number of passes over the training images.
	Epochs int `toml:"epochs" json:"epochs"`
	// EpochSteps is the least number of weight updates in an epoch. A training set of fewer batches is repeated. 0 is
	// one pass.
	EpochSteps int `toml:"epoch_steps" json:"epoch_steps,omitempty"`
	// Optimizer is "sgd", with Nesterov's momentum, or "adamw", with weight decay apart from the gradient (Loshchilov
	// and Hutter, 2019). AdamW wants another lr, such as 0.002, and another weight_decay, such as 0.05. Try it where
	// SGD diverges, or where its loss hardly falls at any learning rate.
	Optimizer Optimizer `toml:"optimizer" json:"optimizer,omitzero"`
	// LR is the learning rate at the start of the cosine.
	LR float64 `toml:"lr" json:"lr"`
	// WarmupEpochs is the length of the linear warm-up from 0, in epochs.
	WarmupEpochs float64 `toml:"warmup_epochs" json:"warmup_epochs"`
	// Momentum is the momentum of Nesterov's method, and the decay β₁ of AdamW, whose β₂ is 0.999.
	Momentum float64 `toml:"momentum" json:"momentum"`
	// WeightDecay is the decay of tensors with more than one dimension.
	WeightDecay float64 `toml:"weight_decay" json:"weight_decay"`
	// LabelSmoothing is the part of the target that all classes share.
	LabelSmoothing float64 `toml:"label_smoothing" json:"label_smoothing"`
	// Mixup α has each step mix its images in pairs, and their labels in the loss, by shares λ and 1−λ. λ is drawn from
	// Beta(α, α) once a step. 0 mixes none.
	Mixup float64 `toml:"mixup" json:"mixup,omitempty"`
	// DropPath is the rate at which branches of the last normal layer are dropped for an image. Layers before it have
	// less, in proportion. Where macro.join is sum, a branch loses what it adds to its own shortcut, if it has one.
	DropPath float64 `toml:"drop_path" json:"drop_path"`
	// EMA is the decay of the exponential average of the weights, which is what counts. 0 keeps none, and the last
	// weights count.
	EMA float64 `toml:"ema" json:"ema"`
	// EMAConstant says whether ema is the decay from the first step on. Otherwise the average warms up: after n steps
	// the decay is (1+n)/(10+n), up to ema.
	EMAConstant bool `toml:"ema_constant" json:"ema_constant,omitempty"`
	// Augment changes training images at random.
	Augment data.Augment `toml:"augment" json:"augment"`
}

// Optimizer is how gradients change weights.
type Optimizer string

// The optimizers. Models of older versions name none, and had SGD.
const (
	SGD   Optimizer = "sgd"
	AdamW Optimizer = "adamw"
)

// IsZero reports whether weights change as in models of older versions.
func (o Optimizer) IsZero() bool { return o == "" || o == SGD }

// What AdamW has besides the settings, as in PyTorch, and the learning rate from which on it is a mistake.
const (
	beta2, epsilon = 0.999, 1e-8
	mostAdamLR     = 0.02
)

// Default is the retraining of a preset. "default" has a short schedule for small images. "paper" and "official" have
// the paper's for ImageNet, with its weight decay for MACs. Where the paper is silent, all have the same.
func Default(preset string) Config {
	c := Config{Batch: 128, Epochs: 40, Optimizer: SGD, LR: 0.1, WarmupEpochs: 2, Momentum: 0.9, WeightDecay: 5e-4,
		LabelSmoothing: 0.1, EMA: 0.999, Augment: data.Augment{CropPadding: 4, Flip: true, Cutout: 8}}
	if preset != "default" {
		c.Batch, c.Epochs, c.LR, c.WeightDecay, c.EMA = 2048, 350, 0.8, 4e-5, 0.9999
	}
	return c
}

// Validate checks the ranges. Its errors are *setting.Error.
func (c Config) Validate() error {
	if err := c.train().Validate(); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"label_smoothing", c.LabelSmoothing}, {"drop_path", c.DropPath}, {"ema", c.EMA}} {
		if !(f.value >= 0 && f.value < 1) {
			return setting.Errorf(f.name, f.value, "want 0 to 1, 1 excluded")
		}
	}
	if !c.Optimizer.IsZero() && c.Optimizer != AdamW {
		return setting.Errorf("optimizer", string(c.Optimizer), "want %s or %s", SGD, AdamW)
	}
	if c.Optimizer == AdamW && c.LR > mostAdamLR {
		return setting.Errorf("lr", c.LR, "want at most %g with optimizer = %q, such as 0.002", mostAdamLR, AdamW)
	}
	if c.Mixup != 0 && !(c.Mixup >= 0.01 && c.Mixup <= 2) {
		return setting.Errorf("mixup", c.Mixup, "want 0 (none), or 0.01 to 2")
	}
	return setting.In("augment", c.Augment.Validate())
}

// train is what retraining has in common with a round.
func (c Config) train() supernet.TrainConfig {
	return supernet.TrainConfig{Batch: c.Batch, Epochs: c.Epochs, EpochSteps: c.EpochSteps, LR: c.LR,
		WarmupEpochs: c.WarmupEpochs, Momentum: c.Momentum, WeightDecay: c.WeightDecay}
}
