package data

import (
	"slices"
	"testing"
)

// Colours become 0.299 R + 0.587 G + 0.114 B, to the nearest: 124.2 of (200, 100, 50), 29.1 of blue.
func TestColoursBecomeGrey(t *testing.T) {
	set := &Set{Height: 1, Width: 2, Channels: 3}
	pixels := []uint8{200, 100, 50, 7, 7, 7, 0, 0, 255, 255, 255, 255}
	set.Test = Split{Images: views(pixels, 2), Labels: make([]int32, 2)}
	grey := set.WithChannels(1)
	grey.Normalization = Normalization{Mean: []float32{0}, Std: []float32{1}}
	want := []float32{124. / 255, 7. / 255, 29. / 255, 1}
	var got []float32
	for b := range grey.Sequence(grey.Test, 1) {
		got = append(got, b.X...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if set.Channels != 3 || set.Test.Images[0][0] != 200 {
		t.Error("the set itself has changed")
	}
}

// Grey becomes three equal channels, each with a normalisation of its own.
func TestGreyGetsColours(t *testing.T) {
	set := &Set{Height: 2, Width: 1, Channels: 1}
	set.Test = Split{Images: views([]uint8{51, 255, 0, 102}, 2), Labels: make([]int32, 2)}
	colours := set.WithChannels(3)
	colours.Normalization = Normalization{Mean: []float32{0, 0.25, 0.5}, Std: []float32{1, 0.5, 0.25}}
	v := func(x uint8) []float32 {
		at := float32(x) / 255
		return []float32{at, (at - 0.25) / 0.5, (at - 0.5) / 0.25}
	}
	want := slices.Concat(v(51), v(255), v(0), v(102))
	for b := range colours.Sequence(colours.Test, 2) {
		if !slices.Equal(b.X, want) {
			t.Errorf("got %v, want %v", b.X, want)
		}
	}
	if again := colours.WithChannels(3); again != colours {
		t.Error("a set with three channels is converted to three")
	}
}

// A set that is converted back has what is stored.
func TestChannelsThereAndBack(t *testing.T) {
	set := &Set{Height: 1, Width: 1, Channels: 3}
	set.Test = Split{Images: views([]uint8{1, 2, 3}, 1), Labels: make([]int32, 1)}
	back := set.WithChannels(1).WithChannels(3)
	back.Normalization = Normalization{Mean: []float32{0, 0, 0}, Std: []float32{1, 1, 1}}
	for b := range back.Sequence(back.Test, 1) {
		if want := []float32{1. / 255, 2. / 255, 3. / 255}; !slices.Equal(b.X, want) {
			t.Errorf("got %v, want %v", b.X, want)
		}
	}
}
