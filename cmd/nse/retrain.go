package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/progress"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/internal/workshop"
)

// retraining is the command line of retrain.
type retraining struct {
	variantFlags
	nse.RetrainOptions
	arch, budget, config string
	data                 string
	size                 int
	skip                 bool
	seed                 uint64
	epochs, batch        int
	lr                   float64
	plugins              []string
	asJSON               bool
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
	f.StringVar(&r.config, "config", "", "configuration file; of a run's, [retrain] alone counts (default: the run's)")
	f.StringVar(&r.data, "data", "", "data set (default: the configuration's)")
	skipFlag(c, &r.skip)
	f.IntVar(&r.size, "size", 0, "resize images to that many pixels square")
	f.Uint64Var(&r.seed, "seed", 1, "seed of everything random (default: the configuration's)")
	f.IntVar(&r.epochs, "epochs", 0, "passes over the training images (default: the configuration's)")
	f.IntVar(&r.batch, "batch", 0, "images in a step (default: the configuration's)")
	f.Float64Var(&r.lr, "lr", 0, "learning rate (default: the configuration's)")
	pluginFlag(c, &r.plugins)
	r.variantFlags.add(c)
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
	r.Settings, r.SqueezeExcite, r.Swish = &settings, r.squeezeExcite, r.swish
	source := r.arch
	if source == "" {
		source, r.Run = r.Run, ""
	}
	ctx, stop := interruptible(c.Context())
	defer stop()
	p := progress.NewPrinter(c.ErrOrStderr())
	done, err := nse.Retrain(ctx, source, r.RetrainOptions,
		nse.Options{Observe: p.Observe, Host: pluginOptions(), Accept: r.plugins})
	if err = ended(ctx, c, p, err); err != nil {
		return err
	}
	return r.report(c, done)
}

// settings are the run's or the file's configuration, with the flags before it.
func (r retraining) settings(c *cobra.Command) (s nse.Settings, err error) {
	if s, err = nse.PresetSettings("default"); err != nil {
		return s, err
	}
	if r.config != "" {
		written, err := file.ReadText(r.config)
		if err != nil {
			return s, err
		}
		if s, err = nse.ParseSettings(r.config, written); err != nil {
			return s, err
		}
	}
	if r.Run != "" {
		if !runs.Exists(r.Run) {
			return s, fmt.Errorf("%s holds no run: want the folder of one, or --arch", r.Run)
		}
		run, err := runs.ConfigOf(r.Run)
		if err != nil {
			return s, err
		}
		if r.config != "" {
			run.Retrain = s.Retrain
		}
		s = run
	}
	return s, r.override(c, &s)
}

// override puts the flags before the settings.
func (r retraining) override(c *cobra.Command, s *nse.Settings) error {
	if r.data != "" {
		s.Data.Spec = r.data
	}
	s.Data.SkipUnreadable = s.Data.SkipUnreadable || r.skip
	set := func(name string, apply func()) {
		if c.Flags().Changed(name) {
			apply()
		}
	}
	set("size", func() { s.Data.Size = r.size })
	set("seed", func() { s.Seed = r.seed })
	set("epochs", func() { s.Retrain.Epochs = r.epochs })
	set("batch", func() { s.Retrain.Batch = r.batch })
	set("lr", func() { s.Retrain.LR = r.lr })
	if s.Seed > math.MaxInt64 {
		return usageError{c.CommandPath(), fmt.Errorf("--seed %d: want 0 to %d", s.Seed, math.MaxInt64)}
	}
	if err := s.Retrain.Validate(); err != nil {
		return usageError{c.CommandPath(), setting.In("retrain", err)}
	}
	return nil
}

// report prints what became of the models.
func (r *retraining) report(c *cobra.Command, done []nse.Model) error {
	if err := show(c, r.asJSON, done, workshop.Rows(done)); err != nil || r.asJSON {
		return err
	}
	best, mean := workshop.Best(done)
	_, err := fmt.Fprintf(c.ErrOrStderr(), "%smean of %d: %.2f %%; best: %s; test it with nse eval %s\n",
		workshop.Spent(done).Text(), len(done), 100*mean, text.Printable(best.Dir), text.Shell(best.Dir))
	return err
}
