package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
	"github.com/nse-dev/nse/supernet/data"
)

// retraining is the command line of retrain.
type retraining struct {
	variant
	arch, pick, budget, config, out string
	data                            string
	size                            int
	seed                            uint64
	epochs, batch                   int
	lr                              float64
	plugins                         []string
	asJSON                          bool
}

func retrainVerb() *cobra.Command {
	var r retraining
	c := &cobra.Command{
		Use:   "retrain RUN | retrain --arch NAME|FILE",
		Short: "Train architectures of a front, or published ones, from scratch",
		Long: `Train architectures from scratch on all training images and test them: five of a run's last front, or those that --pick
says. --budget first scales the channels of each by one factor, as far as that many MACs allow.

Both the last weights and their exponential average are tested on the test images, with batch normalisation's statistics
taken anew from training images, and the better ones are kept. Every model is a folder under --out: model.json and
weights.safetensors. The same command goes on with what was interrupted or killed; models that are there are not trained
again. [retrain] of the configuration has the other settings of the training (docs/configuration.md).

NAME is a published architecture: nsenet-27, nsenet or nsenet-gpu. FILE lists architectures as published ones are.`,
		Example: `  nse retrain runs/001 --budget 20M
  nse retrain runs/001 --pick front-3,front-7 --epochs 100 --se --swish
  nse retrain --arch nsenet --data folder:photos --size 64 --epochs 60`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			source := r.arch
			if len(args) == 1 {
				source = filepath.Clean(args[0])
			}
			if (len(args) == 1) == (r.arch != "") {
				return usageError{c.CommandPath(), errors.New("want either a run or --arch")}
			}
			if r.arch != "" && !c.Flags().Changed("pick") {
				r.pick = "all"
			}
			return r.run(c, source)
		},
	}
	f := c.Flags()
	f.StringVar(&r.arch, "arch", "", "published architecture, or file of architectures, in place of a run")
	f.StringVar(&r.pick, "pick", "5", "how many architectures of the front, all, or names such as front-1,front-4 (with --arch: all)")
	f.StringVar(&r.budget, "budget", "", "scale to at most that many MACs, such as 20M (default: as they are)")
	f.StringVar(&r.out, "out", "", "folder for the models (default: models in the run's folder, or here)")
	f.StringVar(&r.config, "config", "", "configuration file; of a run's, [retrain] alone counts (default: the run's)")
	f.StringVar(&r.data, "data", "", "data set (default: the configuration's)")
	f.IntVar(&r.size, "size", 0, "resize images to that many pixels square")
	f.Uint64Var(&r.seed, "seed", 1, "seed of everything random (default: the configuration's)")
	f.IntVar(&r.epochs, "epochs", 0, "passes over the training images (default: the configuration's)")
	f.IntVar(&r.batch, "batch", 0, "images in a step (default: the configuration's)")
	f.Float64Var(&r.lr, "lr", 0, "learning rate (default: the configuration's)")
	f.StringArrayVar(&r.plugins, "plugin", nil, "plugin file that the run needs and that was never used on this machine (may be repeated)")
	r.variant.flags(c)
	jsonFlag(c, &r.asJSON)
	return c
}

func (r retraining) run(c *cobra.Command, source string) error {
	limit, err := parseMACs(r.budget)
	if err != nil {
		return usageError{c.CommandPath(), fmt.Errorf("--budget %w", err)}
	}
	settings, err := r.settings(c, source)
	if err != nil {
		return err
	}
	interrupts := watchInterrupts(c.Context())
	defer interrupts.stop()
	set, err := data.Open(settings.Data.Spec, settings.Seed, settings.Data.Size)
	if err != nil {
		return err
	}
	r.variant.image = supernet.InputOf(set)
	list, err := r.models(interrupts.ctx, source, limit, settings.Seed)
	if err != nil {
		return interrupts.early(err)
	}
	defer list.Close()
	w := workshop{set: set, settings: settings, source: source, out: r.out, errs: c.ErrOrStderr()}
	if w.out == "" {
		w.out = modelsFolder
		if r.arch == "" {
			w.out = filepath.Join(source, modelsFolder)
		}
	}
	if err := w.introduce(list.list); err != nil {
		return err
	}
	done, err := w.trainAll(interrupts.ctx, list.list)
	if err != nil {
		return err
	}
	return r.report(c, done)
}

// modelsFolder is where models come without --out.
const modelsFolder = "models"

// settings are the run's or the file's configuration, with the flags before it.
func (r retraining) settings(c *cobra.Command, source string) (s config.Config, err error) {
	if s, err = config.Default("paper"); err != nil {
		return s, err
	}
	if r.config != "" {
		text, err := readText(r.config)
		if err != nil {
			return s, err
		}
		if s, err = config.Parse(r.config, text, config.Override{}); err != nil {
			return s, err
		}
	}
	if r.arch == "" {
		if !runs.Exists(source) {
			return s, fmt.Errorf("%s holds no run: want the folder of one, or --arch", source)
		}
		run, err := configured(source)
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

// configured is the configuration of a run.
func configured(dir string) (config.Config, error) {
	run, err := runs.Read(dir)
	if err != nil {
		return config.Config{}, err
	}
	defer run.Close()
	return configOf(run)
}

// override puts the flags before the settings.
func (r retraining) override(c *cobra.Command, s *config.Config) error {
	if r.data != "" {
		s.Data.Spec = r.data
	}
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

// models are those that are to be trained, at the scale of the budget.
func (r retraining) models(ctx context.Context, source string, limit int64, seed uint64) (models, error) {
	if err := admit(r.plugins); err != nil {
		return models{}, err
	}
	open := openModels
	if r.arch == "" {
		open = modelsAt // whatever the run is named
	}
	m, err := open(ctx, source, r.variant)
	if err != nil {
		return m, err
	}
	if m.list, err = r.picked(ctx, m.list, limit, seed); err != nil {
		m.Close()
		return m, fmt.Errorf("%s: %w", source, err)
	}
	return m, nil
}

// picked are the architectures to train, scaled to limit MACs unless that is 0.
func (r retraining) picked(ctx context.Context, list []model, limit int64, seed uint64) ([]model, error) {
	list, err := chosen(list, r.pick, seed)
	if err != nil || limit == 0 {
		return list, err
	}
	for i, x := range list {
		if list[i], err = x.within(ctx, limit); err != nil {
			return nil, fmt.Errorf("%s: %w", x.Name, err)
		}
	}
	return list, nil
}

// report prints what became of the models.
func (r retraining) report(c *cobra.Command, done []finished) error {
	if r.asJSON {
		return printJSON(c.OutOrStdout(), done)
	}
	rows := []string{"model\taccuracy\tloss\tweights\tM MACs\tparameters\tfolder"}
	best := done[0]
	for _, d := range done {
		t := d.Model.Training.Test
		rows = append(rows, fmt.Sprintf("%s\t%.2f %%\t%.4f\t%s\t%.4g\t%s\t%s", d.Model.Name, 100*t.Accuracy, t.Loss, t.Kept,
			millions(d.Model.Count.MACs), thousands(d.Model.Count.Params), d.Dir))
		if t.Accuracy > best.Model.Training.Test.Accuracy {
			best = d
		}
	}
	if err := table(c.OutOrStdout(), rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.ErrOrStderr(), "best: %s; test it with nse eval %s\n", best.Dir, best.Dir)
	return err
}

// finished is a model with its folder.
type finished struct {
	Dir   string           `json:"dir"`
	Model *modelfile.Model `json:"model"`
}
