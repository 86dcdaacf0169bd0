package nse

import (
	"context"
	"errors"
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
	// Pick names architectures, such as "front-1,front-4". "all" takes every one, and a number such as "5" draws that
	// many with the seed of the settings. Empty is "5" for a run, and "all" for another source. Of a run it may also
	// name what a round has scored, such as "round-2-17" (Architecture.Name).
	Pick string
	// Run is the folder of a run in whose setting the architectures of a file are trained. They have its
	// macro-architecture and operations. Settings and Out are by default as for the run. Empty is none.
	Run string
	// MACs is a budget for one image. The channels of each architecture are scaled by one factor, the greatest within
	// that budget. 0 leaves the channels.
	MACs int64
	// Tolerance has MACs met from both sides, within this part of it. Channel counts are then whole numbers instead of
	// multiples of 8. An architecture that cannot be scaled so is ErrMissed. 0 keeps MACs an upper bound.
	Tolerance float64
	// SqueezeExcite adds squeeze-and-excite to every operation that can have it.
	SqueezeExcite bool
	// Swish replaces the activation of the network.
	Swish bool
	// HeldOut trains without the images that a search holds out, and measures on these in the place of test images.
	HeldOut bool
	// Out is the folder that gets a folder for each model. Empty is "models" in the run's folder, or in the working
	// directory for another source.
	Out string
	// Settings has the data and the training: only Data, Seed, Workers, CheckpointSeconds and Retrain are used. A nil
	// Settings means those of the run, or the defaults for another source.
	Settings *Settings
}

// Model is a trained model: its folder, and what its model.json says.
type Model = workshop.Finished

// Retrain trains architectures from scratch on all training images and tests them, one after another. source is a run's
// folder, a published architecture's name, or the path of a file of architectures. Of a run it is the last front that
// counts, and what Pick names besides. Models that are complete are not trained again. The result has a model for every
// architecture, in their order.
//
// A cancelled context leaves a checkpoint, and the error is a *StoppedRetraining: the same call goes on. A setting that
// makes no sense is a *SettingError, a folder with another model is ErrOtherModel, and one that another process trains
// is ErrInUse.
func Retrain(ctx context.Context, source string, t RetrainOptions, o Options) ([]Model, error) {
	o = o.serial()
	if err := o.admit(); err != nil {
		return nil, err
	}
	home := t.home(source)
	settings, err := t.settings(home)
	if err != nil {
		return nil, err
	}
	set, err := settings.Open(ctx, o.reading())
	if err != nil {
		return nil, err
	}
	if err := unchanged(home, set, settings); err != nil {
		return nil, err
	}
	if t.HeldOut {
		if set.Train, set.Test, err = settings.Split(set); err != nil {
			return nil, err
		}
	}
	list, err := t.open(ctx, source, set, settings.Seed, o)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	w, err := o.workshop(set, settings)
	if err != nil {
		return nil, err
	}
	w.Source, w.Out, w.HeldOut = source, t.out(home), t.HeldOut
	if err := w.Check(list.Plans); err != nil {
		return nil, err
	}
	o.Observe(chosen(set, settings, t.HeldOut, list.Plans))
	o.remark(set)
	return w.Train(ctx, list.Plans)
}

// workshop trains on a set as settings say. Its Source and Out are still to be set.
func (o Options) workshop(set *data.Set, s Settings) (w workshop.Workshop, err error) {
	w = workshop.Workshop{Set: set, Config: s.Retrain, Seed: s.Seed, Workers: s.Workers,
		Every: seconds(s.CheckpointSeconds), Version: Version(),
		Observe: func(p workshop.Progress) { o.Observe(Retraining(p)) }}
	w.Spec, err = absolute(s.Data.Spec)
	return w, err
}

// home is the folder of the run in whose setting architectures are trained. It is empty without one.
func (t RetrainOptions) home(source string) string {
	if t.Run == "" && runs.Exists(source) {
		return source
	}
	return t.Run
}

// settings are the given ones, those of a run, or the defaults if home is empty.
func (t RetrainOptions) settings(home string) (s Settings, err error) {
	switch {
	case t.Settings != nil:
		s = *t.Settings
	case home != "":
		if s, err = runs.ConfigOf(home); err != nil {
			return s, err
		}
	default:
		if s, err = PresetSettings("default"); err != nil {
			return s, err
		}
	}
	if err := s.Retrain.Validate(); err != nil {
		return s, setting.In("retrain", err)
	}
	return s, nil
}

// out is the folder for the models. Without Out it is in home, or in the working directory if home is empty.
func (t RetrainOptions) out(home string) string {
	if t.Out != "" {
		return t.Out
	}
	return filepath.Join(home, report.ModelsFolder)
}

// open lays out the architectures to train, at the scale of the budget. Close the list after use.
func (t RetrainOptions) open(
	ctx context.Context, source string, set *data.Set, seed uint64, o Options,
) (list architecture.List, err error) {
	v := architecture.Variant{SqueezeExcite: t.SqueezeExcite, Swish: t.Swish, Input: supernet.InputOf(set)}
	open, pick := o.opener().Open, "all"
	if runs.Exists(source) {
		open, pick = o.opener().At, "5" // a path, even if a published architecture has that name
	}
	if t.Pick != "" {
		pick = t.Pick
	}
	if list, err = open(ctx, architecture.Source{Path: source, Run: t.Run, Pick: pick}, v); err != nil {
		return list, err
	}
	if list.Plans, err = t.choose(ctx, list, pick, seed); err != nil {
		list.Close()
		return list, fmt.Errorf("%s: %w", source, err)
	}
	return list, nil
}

// choose picks architectures and scales them to the budget, if there is one.
func (t RetrainOptions) choose(
	ctx context.Context, list architecture.List, pick string, seed uint64,
) ([]architecture.Plan, error) {
	chosen, err := list.Choose(pick, seed)
	if err == nil && len(chosen) == 0 {
		err = errors.New("there are no architectures to train")
	}
	if err != nil || t.MACs == 0 {
		return chosen, err
	}
	for i, p := range chosen {
		if t.Tolerance > 0 {
			chosen[i], err = p.Near(ctx, t.MACs, t.Tolerance)
		} else {
			chosen[i], err = p.Within(ctx, t.MACs)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return chosen, nil
}

// opener opens architectures.
func (o Options) opener() architecture.Opener {
	return architecture.Opener{Shipped: Pools, Plugins: o.plugins(nil)}
}

// chosen says what will be trained.
func chosen(set *data.Set, s Settings, held bool, list []architecture.Plan) Chosen {
	c := Chosen{TrainImages: set.Train.Len(), TestImages: set.Test.Len(), HeldOut: held, Input: supernet.InputOf(set),
		Epochs: s.Retrain.Epochs, Batch: min(s.Retrain.Batch, set.Train.Len())}
	for _, p := range list {
		c.Models = append(c.Models, ChosenModel{p.Name, p.Count(), p.Macro.Channels})
	}
	return c
}
