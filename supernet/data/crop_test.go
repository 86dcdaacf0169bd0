package data

import (
	"image"
	"image/color"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/nse-dev/nse/supernet/data/augment"
)

// What Pillow 9.4 makes of an image of numbers in the way of torchvision's Resize(size) and CenterCrop(size).
func TestFitIsResizeAndCenterCrop(t *testing.T) {
	for _, c := range []struct {
		width, height, size int
		want                []uint8
	}{
		{13, 9, 4, []uint8{106, 131, 143, 120, 135, 146, 126, 124, 134, 115, 130, 137, 123, 134, 130, 140, 141, 132,
			141, 128, 126, 127, 129, 127, 115, 147, 122, 128, 130, 113, 144, 134, 127, 124, 132, 109,
			131, 105, 146, 132, 117, 138, 122, 121, 128, 128, 124, 132}},
		{9, 14, 4, []uint8{119, 134, 130, 140, 140, 132, 141, 135, 126, 135, 125, 121, 116, 146, 127, 121, 131, 116,
			143, 131, 122, 122, 136, 118, 132, 106, 132, 143, 119, 147, 117, 132, 122, 133, 125, 130,
			159, 115, 136, 145, 108, 120, 102, 148, 118, 125, 113, 161}},
		{5, 3, 4, []uint8{28, 81, 134, 59, 112, 165, 89, 142, 195, 120, 173, 226, 88, 141, 194, 123, 176, 135, 157,
			143, 103, 151, 84, 137, 160, 141, 170, 143, 156, 116, 142, 128, 88, 141, 74, 127, 220, 81,
			70, 113, 60, 113, 49, 102, 155, 92, 145, 198}},
		{23, 23, 3, []uint8{128, 131, 130, 129, 130, 130, 134, 126, 122, 123, 131, 123, 129, 126, 128, 130, 127, 123,
			121, 131, 129, 121, 139, 127, 127, 132, 131}},
	} {
		m := image.NewRGBA(image.Rect(0, 0, c.width, c.height))
		for y := range c.height {
			for x := range c.width {
				v := x*37 + y*91 + x*y*7
				m.SetRGBA(x, y, color.RGBA{uint8(v), uint8(v + 53), uint8(v + 106), 255})
			}
		}
		got := make([]uint8, c.size*c.size*3)
		if fit(got, m, c.size); !slices.Equal(got, c.want) {
			t.Errorf("%d × %d to %d: got %v, want %v", c.width, c.height, c.size, got, c.want)
		}
	}
}

// torchvision rounds halves to the even number: CenterCrop of 7 pixels to 4 begins at 2, of 5 to 4 at 0.
func TestCentre(t *testing.T) {
	for _, c := range [][3]int{{7, 4, 2}, {5, 4, 0}, {9, 4, 2}, {256, 224, 16}, {4, 4, 0}} {
		if got := centre(c[0], 9, c[1], 9); got != image.Pt(c[2], 0) {
			t.Errorf("%d of %d pixels begin at %v, want %d", c[1], c[0], got, c[2])
		}
	}
}

// squared is a set of n grey images of 6 × 6 whose pixels are 1 to 36, of which networks see 4 × 4.
func squared(n int) *Set {
	set := &Set{Height: 6, Width: 6, Channels: 1, Crop: 4,
		Normalization: Normalization{[]float32{0}, []float32{1. / 255}}}
	for range n {
		var image []uint8
		for v := range 36 {
			image = append(image, uint8(v+1))
		}
		set.Train.Labels, set.Train.Images = append(set.Train.Labels, 0), append(set.Train.Images, image)
	}
	return set
}

// corner is the first pixel of a crop, and whether the rest of its first row follows.
func corner(x []float32) (first int, runs bool) {
	for i := range 4 {
		for j := range 4 {
			if math.Abs(float64(x[4*i+j]-x[0])-float64(6*i+j)) > 1e-3 {
				return 0, false
			}
		}
	}
	return int(math.Round(float64(x[0]))), true
}

func TestSequenceIsTheMiddle(t *testing.T) {
	set := squared(3)
	for b := range set.Sequence(set.Train, 2) {
		if len(b.X) != len(b.Labels)*16 {
			t.Fatalf("%d numbers for %d images", len(b.X), len(b.Labels))
		}
		for x := range slices.Chunk(b.X, 16) {
			if first, runs := corner(x); first != 1+6+1 || !runs {
				t.Errorf("got %v, want the middle from 8 on", x)
			}
		}
	}
}

// Without padding, a crop begins at each of nine places equally often; padding lets it reach over the border.
func TestLoaderCropsAtRandom(t *testing.T) {
	set := squared(1)
	l := newLoader(t, set, set.Train, Stream{Batch: 900})
	seen := map[int]int{}
	for x := range slices.Chunk(l.At(0).X, 16) {
		first, runs := corner(x)
		if !runs {
			t.Fatalf("got %v", x)
		}
		seen[first]++
	}
	l.Close()
	for _, first := range []int{1, 2, 3, 7, 8, 9, 13, 14, 15} {
		if seen[first] < 60 || seen[first] > 140 {
			t.Errorf("a crop from %d on comes %d times of 900", first, seen[first])
		}
	}
	if len(seen) != 9 {
		t.Errorf("crops begin at %v", seen)
	}
	l = newLoader(t, set, set.Train, Stream{Batch: 900, Augment: Augment{CropPadding: 1}})
	defer l.Close()
	padded := 0
	for x := range slices.Chunk(l.At(0).X, 16) {
		if slices.Contains(x, 0) {
			padded++
		}
	}
	if padded < 500 || padded > 620 { // 16 of the 25 places are at the border: 576
		t.Errorf("%d of 900 crops reach over the border", padded)
	}
}

// changing are augmentations of bytes.
var changing = map[string]Augment{
	"resized crop": {ResizedCrop: true, Flip: true},
	"trivial":      {Policy: augment.Policy{Name: "trivial"}, CropPadding: 2, Flip: true},
	"rand":         {Policy: augment.Policy{Name: "rand", Ops: 3, Magnitude: 15}, ResizedCrop: true},
	"jitter":       {Jitter: augment.Jitter{Brightness: 0.4, Contrast: 0.4, Saturation: 0.4, Hue: 0.1}},
	"all": {Policy: augment.Policy{Name: "rand"}, Jitter: augment.Jitter{Hue: 0.5}, ResizedCrop: true, Flip: true,
		Brightness: 0.2, Cutout: 2, Erase: 0.5},
}

// Batches depend on the step alone: not on the number of cores, nor on the steps before.
func TestChangedBatchesArePure(t *testing.T) {
	set := mustOpen(t, "generated:60", 1, 12)
	set.Crop = 8
	for name, a := range changing {
		var want [][]float32
		for _, cores := range []int{1, 2} {
			old := runtime.GOMAXPROCS(cores)
			l := newLoader(t, set, set.Train, Stream{Seed: 4, Batch: 16, Augment: a})
			for step := range 6 {
				x := slices.Clone(l.At(step).X)
				if cores == 1 {
					want = append(want, x)
				} else if !slices.Equal(x, want[step]) {
					t.Errorf("%s: step %d differs on two cores", name, step)
				}
			}
			if !slices.Equal(l.At(2).X, want[2]) {
				t.Errorf("%s: step 2 differs after step 5", name)
			}
			l.Close()
			runtime.GOMAXPROCS(old)
		}
		if slices.Equal(want[0], want[1]) {
			t.Errorf("%s: two steps are equal", name)
		}
		for _, v := range want[0] {
			if math.IsNaN(float64(v)) || math.Abs(float64(v)) > 20 {
				t.Fatalf("%s: a value is %g", name, v)
			}
		}
	}
}

// A resized crop of an image of one colour has that colour; of a ramp, it is a part of the ramp.
func TestResizedCropOfARamp(t *testing.T) {
	set := &Set{Height: 16, Width: 16, Channels: 1, Crop: 8, Normalization: Normalization{[]float32{0}, []float32{1}}}
	var image []uint8
	for range 16 {
		for x := range 16 {
			image = append(image, uint8(16*x))
		}
	}
	set.Train.Labels, set.Train.Images = []int32{0}, [][]uint8{image}
	l := newLoader(t, set, set.Train, Stream{Batch: 200, Augment: Augment{ResizedCrop: true}})
	defer l.Close()
	least, most := float32(1), float32(0)
	for x := range slices.Chunk(l.At(0).X, 64) {
		for row := range slices.Chunk(x, 8) {
			if !slices.Equal(row, x[:8]) || !slices.IsSorted(row) {
				t.Fatalf("got %v", x)
			}
		}
		least, most = min(least, x[7]-x[0]), max(most, x[7]-x[0])
	}
	if least > 0.25 || most < 0.75 { // the ramp has 0.94 on 16 pixels
		t.Errorf("crops have %g to %g of the ramp", least, most)
	}
}

// What is off leaves the bits of batches as they were before there was a crop.
func TestCropOfAllIsNoCrop(t *testing.T) {
	set := mustOpen(t, "generated:60", 1, 8)
	whole := *set
	whole.Crop = 8
	a := Augment{CropPadding: 2, Flip: true, Contrast: 0.3, Cutout: 2, Erase: 0.3}
	without := newLoader(t, set, set.Train, Stream{Seed: 1, Batch: 16, Augment: a})
	defer without.Close()
	with := newLoader(t, &whole, whole.Train, Stream{Seed: 1, Batch: 16, Augment: a})
	defer with.Close()
	for step := range 8 {
		if !slices.Equal(without.At(step).X, with.At(step).X) {
			t.Fatalf("step %d differs", step)
		}
	}
}

// The sum was taken before images could be cropped and changed in bytes.
func TestBitsOfBatchesStay(t *testing.T) {
	set := &Set{Height: 6, Width: 6, Channels: 1, Normalization: Normalization{[]float32{0.5}, []float32{0.25}}}
	for i := range 50 {
		var image []uint8
		for v := range 36 {
			image = append(image, uint8(v*7+i))
		}
		set.Train.Labels, set.Train.Images = append(set.Train.Labels, 0), append(set.Train.Images, image)
	}
	l := newLoader(t, set, set.Train, Stream{Seed: 9, ID: 3, Batch: 32,
		Augment: Augment{CropPadding: 2, Flip: true, Cutout: 3, Erase: 0.3}})
	defer l.Close()
	if got := sumOf(l.At(5).X); got != 0x4af2d89952ad0df1 {
		t.Errorf("the batch has the sum %#x", got)
	}
}

// sumOf is the FNV-1a hash of the bits of numbers.
func sumOf(x []float32) uint64 {
	h := uint64(14695981039346656037)
	for _, v := range x {
		h = (h ^ uint64(math.Float32bits(v))) * 1099511628211
	}
	return h
}

func TestOpenRefusesCrops(t *testing.T) {
	for crop, want := range map[int]string{
		3:  "data.crop = 3: images have 8×8 pixels: want 4 to 8, or a larger data.size",
		9:  "data.crop = 9: images have 8×8 pixels: want 4 to 8, or a larger data.size",
		-1: "data.crop = -1: images have 8×8 pixels: want 4 to 8, or a larger data.size",
	} {
		_, err := Open(t.Context(), "generated:60", Options{Seed: 1, Size: 8, Crop: crop})
		wantError(t, err, want)
	}
	set := &Set{Height: 8, Width: 10}
	wantError(t, set.crop(6), "data.crop = 6: images have 8×10 pixels: want a data.size, which makes them square")
	if err := set.crop(0); err != nil || set.Crop != 0 {
		t.Error(err)
	}
}
