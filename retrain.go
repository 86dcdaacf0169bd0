package nse

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/report"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/workshop"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// RetrainOptions say which architectures are trained from scratch, and how.
type RetrainOptions struct {
	// Pick names architectures, such as "front-1,front-4", or is "all", or a number of them to draw. Empty: 5 of a run's
	// front, and all of another source.
	Pick string
	// MACs scales the channels of each architecture by one factor, as far as that many allow; 0 leaves them.
	MACs int64
	// SqueezeExcite adds squeeze-and-excite to every operation that can have it.
	SqueezeExcite bool
	// Swish takes the place of the activation.
	Swish bool
	// Out is the folder for the models' folders. Empty: models in the run's folder, or models here.
	Out string
	// Settings has the data and the training: Data, Seed, Workers, CheckpointSeconds and Retrain count. nil: the run's, or
	// the defaults of the paper's preset for another source.
	Settings *Settings
}

// Model is a trained model with its folder.
type Model = workshop.Finished

// Retrain trains architectures of a source from scratch on all training images and tests them, one after another. source
// is a run's folder, whose last front is meant, a published architecture's name, or a file of architectures. Models that
// are complete are not trained again.
//
// A cancelled context leaves a checkpoint, and the error is a *StoppedRetraining: the same call goes on. A setting that
// makes no sense is a *SettingError, and a folder with another model ErrOtherModel.
func Retrain(ctx context.Context, source string, t RetrainOptions, o Options) ([]Model, error) {
	o = o.serial()
	if err := o.admit(); err != nil {
		return nil, err
	}
	ofRun := runs.Exists(source)
	settings, err := t.settings(source, ofRun)
	if err != nil {
		return nil, err
	}
	set, err := data.Open(settings.Data.Spec, settings.Seed, settings.Data.Size)
	if err != nil {
		return nil, err
	}
	list, err := t.open(ctx, source, ofRun, set, settings.Seed, o)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	w := workshop.Workshop{Set: set, Config: settings.Retrain, Seed: settings.Seed, Workers: settings.Workers,
		Every: seconds(settings.CheckpointSeconds), Source: source, Version: Version(), Out: t.out(source, ofRun),
		Observe: func(p workshop.Progress) { o.Observe(Retraining(p)) }}
	if w.Spec, err = absolute(settings.Data.Spec); err != nil {
		return nil, err
	}
	if err := w.Check(list.Plans); err != nil {
		return nil, err
	}
	o.Observe(chosen(set, settings, list.Plans))
	return w.Train(ctx, list.Plans)
}

// settings are the given ones, those of the run, or the defaults.
func (t RetrainOptions) settings(source string, ofRun bool) (s Settings, err error) {
	switch {
	case t.Settings != nil:
		s = *t.Settings
	case ofRun:
		r, err := runs.Read(source)
		if err != nil {
			return s, err
		}
		defer r.Close()
		if s, err = r.Config(); err != nil {
			return s, err
		}
	default:
		if s, err = PresetSettings("paper"); err != nil {
			return s, err
		}
	}
	if err := s.Retrain.Validate(); err != nil {
		return s, setting.In("retrain", err)
	}
	return s, nil
}

// out is the folder for the models.
func (t RetrainOptions) out(source string, ofRun bool) string {
	switch {
	case t.Out != "":
		return t.Out
	case ofRun:
		return filepath.Join(source, report.ModelsFolder)
	}
	return report.ModelsFolder
}

// open lays out the architectures to train, at the scale of the budget. Close the list after use.
func (t RetrainOptions) open(ctx context.Context, source string, ofRun bool, set *data.Set, seed uint64, o Options) (list architecture.List, err error) {
	v := architecture.Variant{SqueezeExcite: t.SqueezeExcite, Swish: t.Swish, Input: supernet.InputOf(set)}
	open, pick := o.opener().Open, "all"
	if ofRun {
		open, pick = o.opener().At, "5" // whatever the run is named
	}
	if t.Pick != "" {
		pick = t.Pick
	}
	if list, err = open(ctx, source, v); err != nil {
		return list, err
	}
	if list.Plans, err = choose(ctx, list.Plans, pick, seed, t.MACs); err != nil {
		list.Close()
		return list, fmt.Errorf("%s: %w", source, err)
	}
	return list, nil
}

// choose picks architectures and scales them to macs, unless that is 0.
func choose(ctx context.Context, list []architecture.Plan, pick string, seed uint64, macs int64) ([]architecture.Plan, error) {
	list, err := architecture.Choose(list, pick, seed)
	if err != nil || macs == 0 {
		return list, err
	}
	for i, p := range list {
		if list[i], err = p.Within(ctx, macs); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return list, nil
}

// opener opens architectures.
func (o Options) opener() architecture.Opener {
	return architecture.Opener{Shipped: Pools, Plugins: o.plugins(nil)}
}

// chosen says what will be trained.
func chosen(set *data.Set, s Settings, list []architecture.Plan) Chosen {
	c := Chosen{TrainImages: set.Train.Len(), TestImages: set.Test.Len(), Input: supernet.InputOf(set), Epochs: s.Retrain.Epochs,
		Batch: min(s.Retrain.Batch, set.Train.Len())}
	for _, p := range list {
		c.Models = append(c.Models, ChosenModel{p.Name, p.Count(), p.Macro.Channels})
	}
	return c
}
