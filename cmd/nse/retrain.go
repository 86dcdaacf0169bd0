package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/workshop"
)

// retraining is the command line of retrain.
type retraining struct {
	nse.RetrainOptions
	variant             architecture.Variant
	from                workshop.Source
	arch, budget        string
	size, epochs, batch int
	seed                uint64
	lr                  float64
	plugins             []string
	asJSON              bool
}

func retrainVerb() *cobra.Command {
	var r retraining
	c := &cobra.Command{
		Use:   "retrain RUN | retrain [RUN] --arch NAME|FILE",
		Short: "Train architectures of a run, of a file, or published ones, from scratch",
		Long: `Train architectures from scratch on all training images and test them: five of a run's last front, or
those that --pick says. --budget first scales the channels of each by one factor, as far as that many MACs allow.

The exponential average of the weights is kept; without one (ema = 0), the last weights are. Both are tested on the
test images, with batch normalisation's statistics taken anew from training images. Every model is a folder under --out:
model.json and weights.safetensors. The same command goes on with what was interrupted or killed; models that are
there are not trained again. [retrain] of the configuration has the other settings of the training
(docs/configuration.md).

NAME is a published architecture: nsenet-27, nsenet or nsenet-gpu. FILE lists architectures by the names of their
operations, or as published ones are (docs/files.md). With RUN, those of FILE are trained in the setting of that run:
its macro-architecture, operations, data and configuration.`,
		Example: `  nse retrain runs/001 --budget 20M
  nse retrain runs/001 --pick front-3,front-7 --epochs 100 --se --swish
  nse retrain runs/001 --pick round-2-17
  nse retrain runs/001 --arch mine.json
  nse retrain --arch nsenet --data folder:photos --size 64 --epochs 60`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && r.arch == "" {
				return usageError{c.CommandPath(), errors.New("want a run, --arch, or both")}
			}
			if len(args) == 1 {
				r.Run = filepath.Clean(args[0])
			}
			if r.arch != "" && !c.Flags().Changed("pick") {
				r.Pick = "all"
			}
			return r.run(c)
		},
	}
	r.flags(c)
	return c
}

func (r *retraining) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&r.arch, "arch", "", "published architecture, or file of architectures, in place of a run's front")
	f.StringVar(&r.Pick, "pick", "5",
		"how many architectures of the front, all, or names such as front-1,round-2-17 (with --arch: all)")
	f.StringVar(&r.budget, "budget", "", "scale to at most that many MACs, such as 20M (default: as they are)")
	f.StringVar(&r.Out, "out", "", "folder for the models (default: models in the run's folder, or here)")
	f.StringVar(&r.from.File, "config", "",
		"configuration file; of a run's, [retrain] alone counts (default: the run's)")
	f.StringVar(&r.from.Data, "data", "", "data set (default: the configuration's)")
	skipFlag(c, &r.from.SkipUnreadable)
	f.IntVar(&r.size, "size", 0, "resize images to that many pixels square")
	f.Uint64Var(&r.seed, "seed", 1, "seed of everything random (default: the configuration's)")
	f.IntVar(&r.epochs, "epochs", 0, "passes over the training images (default: the configuration's)")
	f.IntVar(&r.batch, "batch", 0, "images in a step (default: the configuration's)")
	f.Float64Var(&r.lr, "lr", 0, "learning rate (default: the configuration's)")
	pluginFlag(c, &r.plugins)
	variantFlags(c, &r.variant)
	jsonFlag(c, &r.asJSON)
}

func (r retraining) run(c *cobra.Command) (err error) {
	if r.MACs, err = architecture.ParseMACs(r.budget); err != nil {
		return usageError{c.CommandPath(), fmt.Errorf("--budget %w", err)}
	}
	settings, err := r.settings(c)
	if err != nil {
		return err
	}
	r.Settings, r.SqueezeExcite, r.Swish = &settings, r.variant.SqueezeExcite, r.variant.Swish
	source := r.arch
	if source == "" {
		source, r.Run = r.Run, ""
	}
	var done []nse.Model
	err = observed(c, hosted(r.plugins), func(ctx context.Context, o nse.Options) (err error) {
		done, err = nse.Retrain(ctx, source, r.RetrainOptions, o)
		return err
	})
	if err != nil {
		return err
	}
	if err := show(c, r.asJSON, done, workshop.Rows(done)); err != nil || r.asJSON {
		return err
	}
	_, err = fmt.Fprint(c.ErrOrStderr(), workshop.Text(done))
	return err
}

// settings are the run's or the file's configuration, with the flags before it.
func (r retraining) settings(c *cobra.Command) (nse.Settings, error) {
	from := r.from
	from.Run = r.Run
	from.Size, from.Seed, from.Epochs = said(c, "size", &r.size), said(c, "seed", &r.seed), said(c, "epochs", &r.epochs)
	from.Batch, from.LR = said(c, "batch", &r.batch), said(c, "lr", &r.lr)
	s, err := from.Settings()
	if err != nil {
		return s, err
	}
	if err := from.Override(&s); err != nil {
		return s, usageError{c.CommandPath(), err}
	}
	return s, nil
}
