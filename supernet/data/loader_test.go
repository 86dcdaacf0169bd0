package data

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// numbered is a set of n grey images of 4×4 whose pixels are the image's index, and whose labels are too.
func numbered(n int) *Set {
	set := &Set{Height: 4, Width: 4, Channels: 1, Normalization: Normalization{[]float32{0}, []float32{1}}}
	for i := range n {
		set.Train.Labels = append(set.Train.Labels, int32(i))
		set.Train.Images = append(set.Train.Images, slices.Repeat([]uint8{uint8(i)}, 16))
	}
	return set
}

func newLoader(t testing.TB, set *Set, s Split, o Stream) *Loader {
	t.Helper()
	l, err := NewLoader(set, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLoaderGoesThroughPermutations(t *testing.T) {
	set := numbered(10)
	l := newLoader(t, set, set.Train, Stream{Seed: 1, Batch: 4})
	defer l.Close()
	var seen []int32
	for step := range 10 { // 4 epochs; batches lie across their borders
		b := l.At(step)
		for i, label := range b.Labels {
			if got := b.X[i*16]; got != float32(label)/255 {
				t.Fatalf("step %d, image %d: label %d has pixel %g", step, i, label, got*255)
			}
		}
		seen = append(seen, b.Labels...)
	}
	var epochs [][]int32
	for epoch := range slices.Chunk(seen, 10) {
		epochs = append(epochs, slices.Clone(epoch))
		slices.Sort(epoch)
		if !slices.Equal(epoch, set.Train.Labels) {
			t.Errorf("epoch %d is no permutation: %v", len(epochs)-1, epoch)
		}
	}
	if slices.Equal(epochs[0], epochs[1]) || slices.Equal(epochs[0], epochs[2]) {
		t.Errorf("epochs have the same order: %v", epochs)
	}
}

func TestLoaderIsPure(t *testing.T) {
	set := mustOpen(t, "generated:60", 1, 8)
	o := Stream{Seed: 3, ID: 2, Batch: 7,
		Augment: Augment{CropPadding: 2, Flip: true, Brightness: 0.4, Contrast: 0.4, Saturation: 0.4, Cutout: 3}}
	inOrder := newLoader(t, set, set.Train, o)
	defer inOrder.Close()
	var want []Batch
	for step := range 30 {
		b := inOrder.At(step)
		want = append(want, Batch{slices.Clone(b.X), slices.Clone(b.Labels)})
	}
	jumping := newLoader(t, set, set.Train, o)
	defer jumping.Close()
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.IntRange(0, len(want)-1).Draw(t, "step")
		b := jumping.At(step)
		if !slices.Equal(b.X, want[step].X) || !slices.Equal(b.Labels, want[step].Labels) {
			t.Fatalf("step %d differs from the same step in order", step)
		}
	})
}

func TestLoaderKeys(t *testing.T) {
	set := mustOpen(t, "generated:60", 1, 8)
	first := func(o Stream, step int) []float32 {
		l := newLoader(t, set, set.Train, o)
		defer l.Close()
		return slices.Clone(l.At(step).X)
	}
	base := first(Stream{Seed: 1, Batch: 8}, 0)
	for name, other := range map[string][]float32{
		"seed":   first(Stream{Seed: 2, Batch: 8}, 0),
		"stream": first(Stream{Seed: 1, ID: 1, Batch: 8}, 0),
		"step":   first(Stream{Seed: 1, Batch: 8}, 1),
	} {
		if slices.Equal(base, other) {
			t.Errorf("another %s gives the same batch", name)
		}
	}
}

func TestImagesOfABatchAreAugmentedApart(t *testing.T) {
	set := numbered(1)
	set.Train.Images = views(ramp(16), 1)
	l := newLoader(t, set, set.Train, Stream{Batch: 100, Augment: Augment{CropPadding: 1, Flip: true}})
	defer l.Close()
	seen := map[[16]float32]bool{}
	for x := range slices.Chunk(l.At(0).X, 16) {
		seen[[16]float32(x)] = true
	}
	if len(seen) < 15 { // of 9 shifts × 2
		t.Errorf("100 copies of an image became %d different ones", len(seen))
	}
}

func TestLoaderOnOneAndTwoCores(t *testing.T) {
	set := mustOpen(t, "generated:60", 1, 8)
	var sums [2][]float32
	for i := range sums {
		old := runtime.GOMAXPROCS(i + 1)
		l := newLoader(t, set, set.Train, Stream{Seed: 1, Batch: 16, Augment: Augment{CropPadding: 1, Contrast: 1}})
		for step := range 20 {
			sums[i] = append(sums[i], l.At(step).X...)
		}
		l.Close()
		runtime.GOMAXPROCS(old)
	}
	if !slices.Equal(sums[0], sums[1]) {
		t.Error("1 and 2 cores give different batches")
	}
}

func TestLoaderWorksAhead(t *testing.T) {
	set := numbered(10)
	l := newLoader(t, set, set.Train, Stream{Batch: 4})
	defer l.Close()
	l.At(0)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		ready := 0
		for _, s := range l.ahead {
			ready += len(s.ready)
		}
		if ready == loadAhead {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d batches are ready without being asked for", ready, loadAhead)
		}
	}
}

func TestCloseBeforeUse(t *testing.T) {
	set := numbered(2)
	newLoader(t, set, set.Train, Stream{Batch: 1}).Close() // TestMain finds what it leaves
}

func TestNewLoaderRefuses(t *testing.T) {
	set := numbered(2)
	_, err := NewLoader(set, set.Train, Stream{})
	wantError(t, err, "batches of 0 from 2 images")
	_, err = NewLoader(set, Split{}, Stream{Batch: 1})
	wantError(t, err, "batches of 1 from 0 images")
	_, err = NewLoader(set, set.Train, Stream{Batch: 1, Augment: Augment{Cutout: -1}})
	wantError(t, err, "cutout = -1: want 0 to 1024")
}

func TestSequence(t *testing.T) {
	set := numbered(10)
	set.Normalization = Normalization{[]float32{1. / 255}, []float32{2. / 255}}
	var sizes []int
	var labels []int32
	for b := range set.Sequence(set.Train, 4) {
		sizes = append(sizes, len(b.X))
		labels = append(labels, b.Labels...)
		if want := (float64(b.Labels[0]) - 1) / 2; math.Abs(float64(b.X[0])-want) > 1e-5 {
			t.Errorf("image %d is %g, want %g", b.Labels[0], b.X[0], want)
		}
	}
	if !slices.Equal(sizes, []int{64, 64, 32}) || !slices.Equal(labels, set.Train.Labels) {
		t.Errorf("batches of %v numbers, labels %v", sizes, labels)
	}
}

func TestBatchesAreNormalised(t *testing.T) {
	set := mustOpen(t, "generated:600", 1, 16)
	for b := range set.Sequence(set.Train, 600) {
		for c := range 3 {
			var sum, squares float64
			for i := c; i < len(b.X); i += 3 {
				sum += float64(b.X[i])
				squares += float64(b.X[i]) * float64(b.X[i])
			}
			n := float64(len(b.X) / 3)
			if mean, variance := sum/n, squares/n; math.Abs(mean) > 1e-4 || math.Abs(variance-1) > 1e-3 {
				t.Errorf("channel %d: mean %g, variance %g", c, mean, variance)
			}
		}
	}
}

func TestMeasureConstantChannel(t *testing.T) {
	n := measure(Split{Images: [][]uint8{{0, 7}, {255, 7}}}, 2)
	if n.Mean[0] != 0.5 || n.Std[0] != 0.5 || n.Mean[1] != float32(7./255) || n.Std[1] != 1 {
		t.Errorf("got %v", n)
	}
}
