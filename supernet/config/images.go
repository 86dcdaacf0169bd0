package config

import (
	"context"
	"image/color"

	"github.com/nse-dev/nse/supernet/data"
)

// Open opens the data set. observe is told how far reading files is, from several goroutines at a time; it may be nil.
func (c Config) Open(ctx context.Context, observe func(data.Progress)) (*data.Set, error) {
	return c.OpenSized(ctx, nil, observe)
}

// OpenSized is Open where the size of images may follow from the median of the shorter sides of their files, as
// data.Options.Wise has it.
func (c Config) OpenSized(
	ctx context.Context, wise func(median int) int, observe func(data.Progress),
) (*data.Set, error) {
	background, err := data.ParseColour(c.Data.Background)
	if err != nil {
		return nil, err
	}
	if background == (color.RGBA{R: 255, G: 255, B: 255, A: 255}) { // the default: a pack has its own
		background = color.RGBA{}
	}
	return data.Open(ctx, c.Data.Spec, data.Options{Seed: c.Seed, Size: c.Data.Size, Crop: c.Data.Crop,
		Background: background, SkipUnreadable: c.Data.SkipUnreadable, Wise: wise, Observe: observe})
}

// Split divides the training images into those that a search trains on and those that it holds out: those of the set
// for this, or a part of its training images.
func (c Config) Split(set *data.Set) (train, held data.Split, err error) {
	if set.Validate.Len() > 0 {
		return set.Train, set.Validate, nil
	}
	images := set.Train
	return images.Hold(max(1, int(c.Data.HeldOut*float64(images.Len()))), c.Seed)
}
