package workshop

import (
	"fmt"
	"math"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/supernet/config"
)

// Source says where the settings of a retraining come from, and what flags change of them. Fields that are nil, empty
// or false change nothing.
type Source struct {
	Run            string // folder of the run in whose setting architectures are trained
	File           string // configuration; beside a run, its [retrain] alone counts
	Data           string
	SkipUnreadable bool
	Size           *int
	Seed           *uint64
	Epochs, Batch  *int
	LR             *float64
}

// Search is where the settings of a search come from: a configuration file, if one is named, and flags over it. Without
// another preset they go over the small search.
func Search(path string, o config.Override) (s config.Source, err error) {
	s = config.Source{Name: "the default configuration", Override: o}
	s.Base = config.Quick
	if s.Preset != "" {
		s.Name = "preset " + s.Preset
	}
	if path != "" {
		s.Name = path
		s.Text, err = file.ReadText(path)
	}
	return s, err
}

// Settings are those of the run, of the file, or the defaults without either. Override is not applied.
func (x Source) Settings() (c config.Config, err error) {
	if c, err = config.Default("default"); err != nil {
		return c, err
	}
	if x.File != "" {
		written, err := file.ReadText(x.File)
		if err != nil {
			return c, err
		}
		if c, err = config.Parse(x.File, written, config.Override{}); err != nil {
			return c, err
		}
	}
	if x.Run == "" {
		return c, nil
	}
	if !runs.Exists(x.Run) {
		return c, fmt.Errorf("%s holds no run: want the folder of one, or --arch", x.Run)
	}
	run, err := runs.ConfigOf(x.Run)
	if err == nil && x.File != "" {
		run.Retrain = c.Retrain
	}
	return run, err
}

// Override puts the flags before the settings. An error is about them, and names the flag or the setting.
func (x Source) Override(c *config.Config) error {
	if x.Data != "" {
		c.Data.Spec = x.Data
	}
	c.Data.SkipUnreadable = c.Data.SkipUnreadable || x.SkipUnreadable
	replace(&c.Data.Size, x.Size)
	replace(&c.Seed, x.Seed)
	replace(&c.Retrain.Epochs, x.Epochs)
	replace(&c.Retrain.Batch, x.Batch)
	replace(&c.Retrain.LR, x.LR)
	if c.Seed > math.MaxInt64 {
		return fmt.Errorf("--seed %d: want 0 to %d", c.Seed, math.MaxInt64)
	}
	if err := c.Retrain.Validate(); err != nil {
		return setting.In("retrain", err)
	}
	return nil
}

// replace sets a value, unless by is nil.
func replace[T any](value, by *T) {
	if by != nil {
		*value = *by
	}
}
