// Package config reads the configuration of a search: a TOML file whose tables are the configurations of the
// packages, on top of a preset.
package config

//go:generate go run ./reference ../.. ../../docs/configuration.md

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// Config is all that a search is configured with. The zero value is not valid: Parse starts from a preset.
type Config struct {
	// Preset is the set of values that other settings begin with: "quick", "default", "paper" or "official" (the
	// authors' released code).
	Preset string `toml:"preset"`
	// Seed determines everything random in a search.
	Seed uint64 `toml:"seed"`
	// Workers is the number of cores that are used; 0 is all of them. Results never depend on it.
	Workers int `toml:"workers"`
	// CheckpointSeconds is the time between checkpoints within a phase.
	CheckpointSeconds float64 `toml:"checkpoint_seconds"`
	// Data is the data set.
	Data Data `toml:"data"`
	// Macro is the macro-architecture: what surrounds the searched layers, and where they change channels and
	// resolution.
	Macro supernet.Macro `toml:"macro"`
	// Search is the method.
	Search Search `toml:"search"`
	// Budget bounds what a search spends, and what each continuation spends.
	Budget evolve.BudgetConfig `toml:"budget"`
	// Train is the training of the shared weights in a round.
	Train supernet.TrainConfig `toml:"train"`
	// Score is the recalibration before an architecture is scored.
	Score supernet.ScoreConfig `toml:"score"`
	// Augment changes training images at random.
	Augment data.Augment `toml:"augment"`
	// Retrain is the training of architectures from scratch, by nse retrain and at the end of a search.
	Retrain retrain.Config `toml:"retrain"`
	// Final is what a search does once it has ended.
	Final Final `toml:"final"`
}

// Final is the end of a search: the best of the front is trained by [retrain] on all training images and tested. So is
// the best uniform stack within its MACs, which has one operation in all layers.
type Final struct {
	// Candidates is how many of the front are considered, the most accurate first. Where there are several, each is
	// trained without the held-out images, and the best on these is the one. 0 ends a search without training.
	Candidates int `toml:"candidates"`
	// Stacks is how many uniform stacks are considered in the same way, the dearest first. 0 compares with none.
	Stacks int `toml:"stacks"`
}

// Validate checks the ranges. Its errors are *setting.Error.
func (f Final) Validate() error {
	switch {
	case f.Candidates < 0:
		return setting.Errorf("candidates", f.Candidates, "want 0 (no training) or more")
	case f.Stacks < 0:
		return setting.Errorf("stacks", f.Stacks, "want 0 (none) or more")
	}
	return nil
}

// Search is the table [search]: what all methods share, and which method it is.
type Search struct {
	evolve.Config
	methods.Settings
}

// Validate refuses settings with which a search cannot run, by *setting.Error.
func (s Search) Validate() error { return cmp.Or(s.Config.Validate(), s.Settings.Validate()) }

// Data names the data set.
type Data struct {
	// Spec names it, such as generated, folder:DIR, mnist:DIR or cifar10:DIR; data.md has all.
	Spec string `toml:"spec"`
	// Size resizes images to that many pixels square; 0 keeps the data set's own size.
	Size int `toml:"size"`
	// Crop is the side of the square that networks see of an image, in pixels: the middle, or in training a random
	// part. 0 is all of it.
	Crop int `toml:"crop"`
	// HeldOut is the part of the training images that fitness and accuracy are measured on; no weight ever sees them.
	HeldOut float64 `toml:"held_out"`
	// Background is the colour under transparent pixels of image files, as #rrggbb. White leaves a pack its own.
	Background string `toml:"background"`
	// SkipUnreadable leaves out files that cannot be read as images, and counts them. Otherwise they are an error.
	SkipUnreadable bool `toml:"skip_unreadable"`
}

// quick is what the preset of that name changes of the default's: small enough to end in minutes.
//
//go:embed quick.toml
var quick []byte

// Quick is the preset that a search of the command begins with where nothing names another.
const Quick = "quick"

// Presets lists the names of presets, the one of a search of the command first.
var Presets = []string{Quick, "default", "paper", "official"}

// Default is a preset without a file, on the smallest built-in macro-architecture. Another name is an error.
func Default(preset string) (c Config, err error) {
	if preset == Quick {
		if c, err = Default("default"); err == nil {
			c.Preset = Quick
			err = layer{name: "quick.toml", text: quick}.decode(&c)
		}
		return c, err
	}
	c = Config{Preset: preset, Seed: 1, CheckpointSeconds: 30, Data: Data{Spec: "generated", HeldOut: 0.1,
		Background: "#ffffff"},
		Final: Final{Stacks: 3}}
	if c.Search.Config, err = evolve.Preset(preset); err != nil {
		return c, fmt.Errorf("preset %q: want %s", preset, presets())
	}
	c.Search.Settings = methods.Default()
	c.Train, c.Score, c.Retrain = supernet.DefaultTrain(preset), supernet.DefaultScore(preset), retrain.Default(preset)
	c.Macro, err = supernet.Built("small")
	return c, err
}

// minCrop and maxSize are the least and the greatest side of images, in pixels.
const minCrop, maxSize = 4, 1024

// presets lists the presets in words.
func presets() string {
	last := len(Presets) - 1
	return strings.Join(Presets[:last], ", ") + " or " + Presets[last]
}

// Validate refuses settings with which a search cannot run. Its errors are *setting.Error, with keys as in the file.
func (c Config) Validate() error {
	switch {
	case int64(c.Seed) < 0:
		return setting.Errorf("seed", int64(c.Seed), "want 0 to 9223372036854775807")
	case c.Workers < 0:
		return setting.Errorf("workers", c.Workers, "want 0 (all cores) or more")
	case !(c.CheckpointSeconds > 0 && c.CheckpointSeconds <= 1e9):
		return setting.Errorf("checkpoint_seconds", c.CheckpointSeconds, "want a positive number, at most 1e9")
	case c.Data.Size < 0 || c.Data.Size > maxSize:
		return setting.Errorf("data.size", c.Data.Size, "want 0 (as it is) to %d", maxSize)
	case c.Data.Crop != 0 && (c.Data.Crop < minCrop || c.Data.Crop > cmp.Or(c.Data.Size, maxSize)):
		return setting.Errorf("data.crop", c.Data.Crop, "want 0 (all of the image), or %d to data.size, at most %d",
			minCrop, cmp.Or(c.Data.Size, maxSize))
	}
	if _, err := data.ParseColour(c.Data.Background); err != nil {
		return setting.Errorf("data.background", c.Data.Background, "%v", err)
	}
	if h := c.Data.HeldOut; !(h > 0 && h < 1) {
		return setting.Errorf("data.held_out", h, "want more than 0 and less than 1")
	}
	search := c.Search
	if search.Constraint.Tau == Auto {
		search.Constraint.Tau = 1 // chosen when the pool is known
	}
	if search.TrainSteps == 0 {
		search.TrainSteps = 1 // counted from the epochs when the data are known
	}
	return cmp.Or(c.named(), setting.In("macro", c.Macro.Validate()), setting.In("search", search.Validate()),
		setting.In("budget", c.Budget.Validate()),
		setting.In("train", c.Train.Validate()), setting.In("score", c.Score.Validate()),
		setting.In("augment", c.Augment.Validate()), setting.In("retrain", c.Retrain.Validate()),
		setting.In("final", c.Final.Validate()))
}

// CheckSearch refuses what evolve.Search.Validate refuses. Its errors about settings have their whole keys.
func CheckSearch(s evolve.Search) error {
	err := s.Validate()
	if e, is := errors.AsType[*setting.Error](err); is && strings.HasPrefix(e.Key, "budget.") {
		return err
	}
	return setting.In("search", err)
}

// named checks the names of what is built in, which Parse has to find again.
func (c Config) named() error {
	if !slices.Contains(Presets, c.Preset) {
		return setting.Errorf("preset", c.Preset, "want %s", presets())
	}
	if c.Macro.Name == "" {
		return nil
	}
	if _, err := supernet.Built(c.Macro.Name); err != nil {
		return setting.Errorf("macro.name", c.Macro.Name, "%w", err)
	}
	return nil
}

// Encode writes the complete configuration; Parse reads it back to an equal one.
func (c Config) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	err := e.Encode(c)
	return word(b.Bytes()), err
}
