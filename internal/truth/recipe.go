// Package truth makes tables of true accuracies: architectures of a pool, each trained alone, some with several seeds
// and for longer. A table tells what a way to rank architectures is worth.
package truth

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

// Recipe says what a table holds. With its configuration it determines every digit of it.
type Recipe struct {
	// Config is the configuration file, whose path is relative to the recipe: data, macro-architecture, budget,
	// calibration and training count.
	Config string `toml:"config"`
	// Pool is the pool file, relative to the recipe. Empty is the pool that ships.
	Pool string `toml:"pool"`
	// Architectures is how many architectures the table has.
	Architectures int `toml:"architectures"`
	// Parts is the number of parts, each of which is a file. Architectures are dealt out to them in turn.
	Parts int `toml:"parts"`
	// Ends are the epochs after which every architecture is measured. The learning rate goes down to 0 at each.
	Ends []int `toml:"ends"`
	// Repeated is how many of the architectures are trained with more seeds.
	Repeated int `toml:"repeated"`
	// Seeds is how many seeds these have in all.
	Seeds int `toml:"seeds"`
	// Longer is how many of the architectures are trained for longer.
	Longer int `toml:"longer"`
	// LongerEpochs is for how long, in one cycle.
	LongerEpochs int `toml:"longer_epochs"`
	// Images are those of the data set. With them the table can be read where the data set is not.
	Images Images `toml:"images"`
}

// Images is what a recipe says of its data set: the shape of an image as networks see it, and how many there are.
type Images struct {
	Height   int `toml:"height"`
	Width    int `toml:"width"`
	Channels int `toml:"channels"`
	Classes  int `toml:"classes"`
	Train    int `toml:"train"`
	Held     int `toml:"held_out"`
	Test     int `toml:"test"`
}

// imagesOf is what there is to say of a source.
func imagesOf(s supernet.Source) Images {
	height, width := s.Set.Input()
	return Images{height, width, s.Set.Channels, len(s.Set.Classes), s.Train.Len(), s.Held.Len(),
		s.Set.Test.Len()}
}

// input is the input of networks for the images.
func (i Images) input() supernet.Input {
	return supernet.Input{Height: i.Height, Width: i.Width, Channels: i.Channels, Classes: i.Classes}
}

// ReadRecipe reads a recipe and its configuration, from the folder of the recipe. spec is the data set, since only the
// user knows where it lies: empty is that of the configuration. Errors start with file:line:column.
func ReadRecipe(path, spec string) (r Recipe, c config.Config, err error) {
	text, err := file.ReadText(path)
	if err != nil {
		return r, c, err
	}
	if err := config.Decode(path, text, &r); err != nil {
		return r, c, err
	}
	if err := r.validate(); err != nil {
		e, _ := errors.AsType[*setting.Error](err)
		return r, c, fmt.Errorf("%s: %w", config.At(path, text, e.Key), err)
	}
	for _, p := range []*string{&r.Config, &r.Pool} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(path), *p)
		}
	}
	if text, err = file.ReadText(r.Config); err != nil {
		return r, c, err
	}
	if c, err = config.Parse(r.Config, text, config.Override{Data: spec}); err == nil {
		err = config.Locate(r.Config, text, c.Settled())
	}
	return r, c, err
}

// validate refuses numbers that make no table, by *setting.Error.
func (r Recipe) validate() error {
	count := func(key string, n, least, most int) error {
		if n < least || n > most {
			return setting.Errorf(key, n, "want %d to %d", least, most)
		}
		return nil
	}
	const most = 1_000_000
	if r.Config == "" {
		return setting.Errorf("config", "", "want the path of a configuration file")
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(r.Ends))); len(r.Ends) == 0 || r.Ends[0] < 1 ||
		!slices.Equal(r.Ends, distinct) {
		return setting.Errorf("ends", r.Ends, "want ascending numbers of epochs from 1")
	}
	if i := r.Images; i != (Images{}) && min(i.Height, i.Width, i.Channels, i.Classes, i.Train, i.Held, i.Test) < 1 {
		return setting.Errorf("images", fmt.Sprintf("%+v", i),
			"want height, width, channels, classes, train, held_out and test, each from 1")
	}
	return cmp.Or(count("architectures", r.Architectures, 1, most), count("parts", r.Parts, 1, r.Architectures),
		count("repeated", r.Repeated, 0, r.Architectures), count("seeds", r.Seeds, 1, 100),
		count("longer", r.Longer, 0, r.Architectures), count("longer_epochs", r.LongerEpochs, min(r.Longer, 1), most))
}

// job is one training.
type job struct {
	arch int // its number
	seed int // from 1
	ends []int
}

// jobs lists the trainings of a part, from 1: architectures in turn, those with more seeds and longer ones too.
func (r Recipe) jobs(part int) (list []job) {
	for a := part - 1; a < r.Architectures; a += r.Parts {
		list = append(list, job{a, 1, r.Ends})
		for seed := 2; a < r.Repeated && seed <= r.Seeds; seed++ {
			list = append(list, job{a, seed, r.Ends})
		}
		if a < r.Longer {
			list = append(list, job{a, 1, []int{r.LongerEpochs}})
		}
	}
	return list
}

// PartsOf are the first and the last part to make: part alone, or all of them where it is 0.
func (r Recipe) PartsOf(part int) (first, last int, err error) {
	switch {
	case part == 0:
		return 1, r.Parts, nil
	case part < 1 || part > r.Parts:
		return 0, 0, fmt.Errorf("%d: want 1 to %d", part, r.Parts)
	}
	return part, part, nil
}
