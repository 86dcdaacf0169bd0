package data

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfN(rapid.Int32Range(0, 4), 2, 60).Draw(t, "labels")
		s := Split{Labels: labels}
		for i := range labels {
			s.Pixels = append(s.Pixels, uint8(i), uint8(i)) // identifies the image
		}
		n := rapid.IntRange(1, len(labels)-1).Draw(t, "n")
		train, held, err := s.Hold(n, 9)
		if err != nil || held.Len() != n || train.Len() != len(labels)-n {
			t.Fatalf("held %d, kept %d: %v", held.Len(), train.Len(), err)
		}
		count := [5]int{}
		for i, label := range held.Labels {
			count[label]++
			if labels[held.Pixels[2*i]] != label || held.Pixels[2*i] != held.Pixels[2*i+1] {
				t.Fatalf("image %d lost its label", held.Pixels[2*i])
			}
		}
		for class, images := range s.byClass() {
			if exact := float64(n*len(images)) / float64(len(labels)); math.Abs(float64(count[class])-exact) >= 1 {
				t.Fatalf("class %d gives %d of %d, want about %.2f", class, count[class], len(images), exact)
			}
		}
		all := slices.Concat(train.Pixels, held.Pixels)
		slices.Sort(all)
		if !slices.Equal(all, s.Pixels) {
			t.Fatalf("images were lost: %v", all)
		}
	})
}

func TestHoldDrawsFromTheSeed(t *testing.T) {
	set := mustOpen(t, "generated:600", 1, 4)
	_, a, _ := set.Train.Hold(100, 1)
	_, again, _ := set.Train.Hold(100, 1)
	_, b, _ := set.Train.Hold(100, 2)
	if !slices.Equal(a.Pixels, again.Pixels) || slices.Equal(a.Pixels, b.Pixels) {
		t.Error("the held images do not follow the seed")
	}
	_, _, err := set.Train.Hold(600, 1)
	wantError(t, err, "cannot hold 600 of 600 images: want 1..599")
}

func TestSampleMixesClasses(t *testing.T) {
	set := mustOpen(t, "generated:600", 1, 4)
	var sorted Split
	for class := range int32(10) { // 60 images of class 0, then of class 1, ...
		for i, label := range set.Train.Labels {
			if label == class {
				sorted.Labels = append(sorted.Labels, label)
				sorted.Pixels = append(sorted.Pixels, set.Train.Pixels[i*48:(i+1)*48]...)
			}
		}
	}
	sample := sorted.Sample(100, 1)
	for class, images := range sample.byClass() {
		if len(images) < 2 || len(images) > 20 {
			t.Errorf("%d of 100 images are of class %d", len(images), class)
		}
	}
	if !slices.Equal(sample.Pixels, sorted.Sample(100, 1).Pixels) ||
		slices.Equal(sample.Pixels, sorted.Sample(100, 2).Pixels) {
		t.Error("the sample does not follow the seed")
	}
	all := sorted.Sample(1000, 1)
	if all.Len() != 600 || slices.Equal(all.Labels, sorted.Labels) {
		t.Errorf("%d images in the order of the split", all.Len())
	}
}
