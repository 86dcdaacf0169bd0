package data

import (
	"math"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/supernet/data/augment"
)

// develop applies a to an image of h × w × channels with values 1, 2, 3, ... n times, with different keys.
func develop(a Augment, h, w, channels, n int) (images [][]float32) {
	x := make([]float32, h*w*channels)
	for i := range x {
		x[i] = float32(i + 1)
	}
	for i := range n {
		dst := slices.Repeat([]float32{float32(math.NaN())}, len(x)) // what a batch held before
		r := newRand(1, 2, 3, uint64(i))
		move(a, field[float32]{dst, h, w}, field[float32]{x, h, w}, make([]float32, channels), r)
		a.cut(dst, h, w, channels, r)
		images = append(images, dst)
	}
	return images
}

func TestNoAugmentKeepsImages(t *testing.T) {
	for _, m := range develop(Augment{}, 2, 2, 1, 10) {
		if !slices.Equal(m, []float32{1, 2, 3, 4}) {
			t.Fatalf("got %v", m)
		}
	}
}

func TestFlipMirrorsHalf(t *testing.T) {
	mirrored := 0
	for _, m := range develop(Augment{Flip: true}, 1, 3, 2, 200) {
		switch {
		case slices.Equal(m, []float32{5, 6, 3, 4, 1, 2}):
			mirrored++
		case !slices.Equal(m, []float32{1, 2, 3, 4, 5, 6}):
			t.Fatalf("got %v", m)
		}
	}
	if mirrored < 70 || mirrored > 130 {
		t.Errorf("%d of 200 are mirrored", mirrored)
	}
}

func TestCropShiftsInAllDirections(t *testing.T) {
	seen := map[[4]float32]int{}
	for _, m := range develop(Augment{CropPadding: 1}, 2, 2, 1, 400) {
		seen[[4]float32(m)]++
	}
	want := [][4]float32{{1, 2, 3, 4}, {2, 0, 4, 0}, {0, 1, 0, 3}, {3, 4, 0, 0}, {0, 0, 1, 2}, {4, 0, 0, 0},
		{0, 3, 0, 0}, {0, 0, 2, 0}, {0, 0, 0, 1}}
	for _, m := range want {
		if seen[m] < 20 {
			t.Errorf("shift to %v came %d times in 400", m, seen[m])
		}
	}
	if len(seen) != len(want) {
		t.Errorf("got %v", seen)
	}
}

func TestCutoutTakesASquare(t *testing.T) {
	areas := map[int]bool{}
	for _, m := range develop(Augment{Cutout: 3}, 4, 4, 1, 300) {
		gone := 0
		for _, v := range m {
			if v == 0 {
				gone++
			}
		}
		areas[gone] = true
	}
	if !areas[9] || !areas[6] || !areas[4] || len(areas) != 3 {
		t.Errorf("areas %v: want 9, and 6 and 4 around points at the border", areas)
	}
}

func TestJitter(t *testing.T) {
	image := []float32{0.2, 0.4, 0.6, 0.3, 0.3, 0.3}
	apply := func(a Augment) []float32 {
		x := slices.Clone(image)
		a.jitter(x, 3, newRand(1, 1, 1, 1))
		return x
	}
	if got := apply(Augment{}); !near(got, image) {
		t.Errorf("no jitter gives %v", got)
	}
	bright := apply(Augment{Brightness: 0.5})
	factor := bright[0] / image[0]
	if math.Abs(float64(factor-1)) < 0.01 || factor < 0.5 || factor > 1.5 ||
		!near([]float32{bright[2], bright[5]}, []float32{0.6 * factor, 0.3 * factor}) {
		t.Errorf("brightness gives %v", bright)
	}
	mean := (grey(image[:3]) + 0.3) / 2
	contrast := apply(Augment{Contrast: 0.5})
	factor = (contrast[0] - mean) / (image[0] - mean)
	if math.Abs(float64(factor-1)) < 0.01 || !near([]float32{contrast[2] - mean}, []float32{(0.6 - mean) * factor}) {
		t.Errorf("contrast gives %v", contrast)
	}
	saturation := apply(Augment{Saturation: 0.5})
	if near(saturation[:3], image[:3]) || !near(saturation[3:], image[3:]) ||
		!near([]float32{grey(saturation[:3])}, []float32{grey(image[:3])}) {
		t.Errorf("saturation gives %v: the grey pixel stays, the other keeps its luma", saturation)
	}
}

func TestJitterOfGreyImages(t *testing.T) {
	x := []float32{0.25, 0.5, 0.75}
	Augment{Contrast: 0.5, Saturation: 1}.jitter(x, 1, newRand(1, 1, 1, 1))
	if math.Abs(float64(x[1]-0.5)) > 1e-6 || math.Abs(float64(x[0]+x[2]-1)) > 1e-6 ||
		math.Abs(float64(x[0]-0.25)) < 0.001 {
		t.Errorf("got %v: want another contrast around 0.5", x)
	}
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) < 1e-5 })
}

func TestAugmentConfiguration(t *testing.T) {
	var a Augment
	m, err := toml.Decode("crop_padding = 4\nflip = true\n"+
		"brightness = 0.1\ncontrast = 0.2\nsaturation = 0.3\ncutout = 8\nerase = 0.5\n"+
		"resized_crop = true\npolicy = 'rand'\npolicy_ops = 3\npolicy_magnitude = 12\n"+
		"[jitter]\nbrightness = 0.4\ncontrast = 0.5\nsaturation = 0.6\nhue = 0.1", &a)
	want := Augment{4, true, 0.1, 0.2, 0.3, 8, 0.5, true, augment.Policy{Name: "rand", Ops: 3, Magnitude: 12},
		augment.Jitter{Brightness: 0.4, Contrast: 0.5, Saturation: 0.6, Hue: 0.1}}
	if err != nil || a != want || len(m.Undecoded()) > 0 {
		t.Errorf("got %v, %v, left %v", a, err, m.Undecoded())
	}
	if err := a.Validate(); err != nil {
		t.Error(err)
	}
	for want, bad := range map[string]Augment{
		"crop_padding = -1: want 0 to 1024": {CropPadding: -1},
		"cutout = 2000: want 0 to 1024":     {Cutout: 2000},
		"brightness = 1.5: want 0 to 1":     {Brightness: 1.5},
		"contrast = NaN: want 0 to 1":       {Contrast: math.NaN()},
		"saturation = -0.1: want 0 to 1":    {Saturation: -0.1},
		"jitter.hue = 0.7: want 0 to 0.5":   {Jitter: augment.Jitter{Hue: 0.7}},
		`policy = "auto": want trivial`:     {Policy: augment.Policy{Name: "auto"}},
	} {
		wantError(t, bad.Validate(), want)
	}
}

// 100 pixels at the ratio 0.3 are 5.477 × 18.26, at 3.3 they are 18.17 × 5.505, and halfway, at 0.995, 9.97 × 10.03.
func TestRectangleHasItsAreaAndRatio(t *testing.T) {
	for at, want := range map[float64][2]int{0: {5, 18}, 1: {18, 6}, 0.5: {10, 10}} {
		if tall, wide := rectangle(100, at); tall != want[0] || wide != want[1] {
			t.Errorf("at %v: %d × %d, want %v", at, tall, wide, want)
		}
	}
}

// What is erased is one rectangle of the area that it may have, inside the image, in the part of images that is asked.
func TestEraseTakesARectangle(t *testing.T) {
	const h, w, channels, n = 20, 30, 2, 400
	erased, least, most := 0, h*w, 0
	for i := range n {
		x := slices.Repeat([]float32{1}, h*w*channels)
		Augment{Erase: 0.25}.erase(x, h, w, channels, newRand(1, 2, 3, uint64(i)))
		top, bottom, left, right, gone := h, -1, w, -1, 0
		for j, v := range x {
			if v == 0 {
				y, px := j/channels/w, j/channels%w
				top, bottom, left, right = min(top, y), max(bottom, y), min(left, px), max(right, px)
				gone++
			}
		}
		if gone == 0 {
			continue
		}
		erased++
		if area := (bottom - top + 1) * (right - left + 1); gone != area*channels {
			t.Fatalf("%d of %d numbers of the rectangle are erased", gone, area*channels)
		}
		least, most = min(least, gone/channels), max(most, gone/channels)
	}
	if erased < 70 || erased > 130 {
		t.Errorf("%d of %d images have a rectangle, want about a quarter", erased, n)
	}
	if least < 8 || least > 40 || most > 215 || most < 150 { // 2 and 33 % of 600 pixels are 12 and 198, before rounding
		t.Errorf("rectangles of %d to %d pixels", least, most)
	}
}
