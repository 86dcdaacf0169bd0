package data

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// byClass lists the images of every class.
func (s Split) byClass() [][]int {
	lists := make([][]int, slices.Max(s.Labels)+1)
	for i, label := range s.Labels {
		lists[label] = append(lists[label], i)
	}
	return lists
}

func TestHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfN(rapid.Int32Range(0, 4), 2, 60).Draw(t, "labels")
		s := Split{Labels: labels}
		for i := range labels {
			s.Images = append(s.Images, []uint8{uint8(i), uint8(i)}) // identifies the image
		}
		classes := s.byClass()
		most := 0 // every class keeps one
		for _, images := range classes {
			most += max(len(images)-1, 0)
		}
		n := rapid.IntRange(1, len(labels)-1).Draw(t, "n")
		train, held, err := s.Hold(n, 9)
		if want := min(n, most); held.Len() != want || train.Len() != len(labels)-want || (err != nil) != (want == 0) {
			t.Fatalf("held %d, kept %d: %v", held.Len(), train.Len(), err)
		}
		count := [5]int{}
		for i, label := range held.Labels {
			count[label]++
			if image := held.Images[i]; labels[image[0]] != label || image[0] != image[1] {
				t.Fatalf("image %d lost its label", held.Images[i][0])
			}
		}
		for class, images := range classes {
			exact := float64(n*len(images)) / float64(len(labels))
			if len(images) > 0 && count[class] >= len(images) {
				t.Fatalf("class %d gives all of its %d", class, len(images))
			}
			if n <= len(labels)/5 && len(images) > 5 && math.Abs(float64(count[class])-exact) > 1 &&
				!slices.ContainsFunc(classes, func(x []int) bool { return len(x) > 0 && len(x) <= 5 }) {
				t.Fatalf("class %d gives %d of %d, want about %.2f", class, count[class], len(images), exact)
			}
		}
		all := slices.Concat(train.pixels(), held.pixels())
		slices.Sort(all)
		if !slices.Equal(all, s.pixels()) {
			t.Fatalf("images were lost: %v", all)
		}
	})
}

// TestHoldFollowsContents: the order of the images changes nothing, and copies are on the same side.
func TestHoldFollowsContents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contents := rapid.SliceOfN(rapid.Uint8Range(0, 40), 10, 60).Draw(t, "contents")
		slices.Sort(contents)
		order := rapid.Permutation(contents).Draw(t, "order")
		var held [2][]uint8
		for k, list := range [][]uint8{contents, order} {
			s := Split{Images: views(list, len(list))}
			for _, c := range list {
				s.Labels = append(s.Labels, int32(c%2))
			}
			if len(slices.Compact(slices.Sorted(slices.Values(s.Labels)))) < 2 {
				t.Skip("one class")
			}
			a, b, err := s.Hold(len(list)/3, 5)
			if err != nil {
				t.Skip("no image can be held out")
			}
			for _, c := range b.pixels() {
				if slices.Contains(a.pixels(), c) {
					t.Fatalf("copies of %d are on both sides", c)
				}
			}
			held[k] = slices.Sorted(slices.Values(b.pixels()))
		}
		if !slices.Equal(held[0], held[1]) {
			t.Fatalf("%v are held out in one order, %v in another", held[0], held[1])
		}
	})
}

// TestFifthMovesNoOther: without some images and with more others, all that stay are on their side. Each class is on
// both.
func TestFifthMovesNoOther(t *testing.T) {
	classes := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		digests := rapid.SliceOfNDistinct(rapid.Uint64(), 330, 330, rapid.ID[uint64]).Draw(t, "digests")
		labels := make([]int32, len(digests))
		for i := range labels {
			labels[i] = int32(i % 3)
		}
		before, err := fifth(labels[:270], digests[:270], classes)
		if err != nil {
			t.Fatal(err)
		}
		after, err := fifth(labels[30:], digests[30:], classes)
		if err != nil {
			t.Fatal(err)
		}
		for i := 30; i < 270; i++ {
			if before[i] != after[i-30] {
				t.Fatalf("image %d has changed sides", i)
			}
		}
		var sides [3][2]int
		for i, tested := range before {
			if tested {
				sides[labels[i]][1]++
			} else {
				sides[labels[i]][0]++
			}
		}
		for class, n := range sides {
			if n[0] < 50 || n[1] < 1 {
				t.Fatalf("class %d has %d images to train on and %d to test", class, n[0], n[1])
			}
		}
	})
}

// TestFifthOfFewImages: a class of two different images has one on each side, and one of copies too.
func TestFifthOfFewImages(t *testing.T) {
	classes := []string{"a", "b"}
	for seed := range uint64(200) {
		labels, digests := []int32{0, 0, 1, 1, 1}, []uint64{seed, seed + 1000, seed + 2000, seed + 3000, seed + 3000}
		tested, err := fifth(labels, digests, classes)
		if err != nil || tested[0] == tested[1] || tested[2] == tested[3] || tested[3] != tested[4] {
			t.Fatalf("%v, %v", tested, err)
		}
	}
	tested, err := fifth([]int32{0, 1, 0, 1, 1}, []uint64{1, 3, 2, 3, 3}, classes)
	if want := []bool{tested[0], true, !tested[0], false, false}; err != nil || !slices.Equal(tested, want) {
		t.Errorf("copies of one image: %v, %v, want %v", tested, err, want)
	}
	_, err = fifth([]int32{0, 0, 1}, []uint64{1, 2, 3}, classes)
	wantError(t, err, `class "b" has a single image: want one to train on and one to test`)
}

func TestHoldDrawsFromTheSeed(t *testing.T) {
	set := mustOpen(t, "generated:600", 1, 4)
	_, a, _ := set.Train.Hold(100, 1)
	_, again, _ := set.Train.Hold(100, 1)
	_, b, _ := set.Train.Hold(100, 2)
	if !slices.Equal(a.pixels(), again.pixels()) || slices.Equal(a.pixels(), b.pixels()) {
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
				sorted.Images = append(sorted.Images, set.Train.Images[i])
			}
		}
	}
	sample := sorted.Sample(100, 1)
	for class, images := range sample.byClass() {
		if len(images) < 2 || len(images) > 20 {
			t.Errorf("%d of 100 images are of class %d", len(images), class)
		}
	}
	if !slices.Equal(sample.pixels(), sorted.Sample(100, 1).pixels()) ||
		slices.Equal(sample.pixels(), sorted.Sample(100, 2).pixels()) {
		t.Error("the sample does not follow the seed")
	}
	all := sorted.Sample(1000, 1)
	if all.Len() != 600 || slices.Equal(all.Labels, sorted.Labels) {
		t.Errorf("%d images in the order of the split", all.Len())
	}
}
