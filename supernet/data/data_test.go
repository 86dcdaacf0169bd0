package data

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wantError fails unless err contains want and is one line.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line with %q", err, want)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func mustOpen(t testing.TB, spec string, seed uint64, size int) *Set {
	t.Helper()
	set, err := Open(t.Context(), spec, Options{Seed: seed, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), nil)
	for spec, want := range map[string]string{
		"": `unknown data set "": want generated, generated:N, ` +
			"folder:DIR, csv:FILE, jsonl:FILE, tar:FILES, parquet:FILES, pack:DIR, " +
			"fashion-mnist:DIR, mnist:DIR, kmnist:DIR, k49:DIR, emnist-SPLIT:DIR, cifar10:DIR, " +
			"cifar100:DIR, cifar100-coarse:DIR",
		"emnist:/x":               "emnist has six splits: name one, as in emnist-balanced:DIR",
		"imagenet:/x":             `unknown data set "imagenet:/x": want generated`,
		"generated:59":            "generated:59: want a number of training images in 60..200000",
		"generated:many":          "generated:many: want a number",
		"mnist":                   "mnist needs a folder: mnist:DIR",
		"cifar10:" + dir + "/no":  "no: no such directory: want the folder with data_batch_1.bin",
		"mnist:" + dir + "/no":    "no: no such directory: want the folder with train-images-idx3-ubyte(.gz)",
		"folder:" + dir + "/no":   "no: no such directory: want DIR/CLASS/…",
		"folder:" + dir + "/file": "file: not a directory: want DIR/CLASS/…",
	} {
		_, err := Open(t.Context(), spec, Options{})
		wantError(t, err, want)
	}
	_, err := Open(t.Context(), "generated", Options{Size: 3})
	wantError(t, err, "image size 3 is not in 4..1024")
}

func TestGeneratedIsBalancedAndKeyed(t *testing.T) {
	a := mustOpen(t, "generated:60", 1, 0)
	if a.Train.Len() != 60 || a.Test.Len() != 10 || a.Height != 32 || a.Width != 32 || a.Channels != 3 ||
		len(a.Classes) != 10 {
		t.Fatalf("%d and %d images of %d×%d×%d, %d classes", a.Train.Len(), a.Test.Len(), a.Height, a.Width, a.Channels,
			len(a.Classes))
	}
	for class, images := range a.Train.byClass() {
		if len(images) != 6 {
			t.Errorf("%d images of class %d", len(images), class)
		}
	}
	image := 32 * 32 * 3
	if slices.Equal(a.Train.pixels()[:image], a.Train.pixels()[10*image:11*image]) ||
		slices.Equal(a.Train.pixels()[:image], a.Test.pixels()[:image]) {
		t.Error("two images of a class are equal")
	}
	longer := mustOpen(t, "generated:120", 1, 0)
	if !slices.Equal(a.Train.pixels(), longer.Train.pixels()[:len(a.Train.pixels())]) {
		t.Error("images depend on the number of images")
	}
	if slices.Equal(a.Train.pixels(), mustOpen(t, "generated:60", 2, 0).Train.pixels()) {
		t.Error("seeds 1 and 2 give the same images")
	}
	if b := mustOpen(t, "generated:60", 1, 16); len(b.Train.pixels()) != 60*16*16*3 {
		t.Errorf("size 16 gives %d bytes", len(b.Train.pixels()))
	}
}

// TestGeneratedStays pins the bits, so that results of different versions can be compared.
func TestGeneratedStays(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other architectures may fuse multiplications and additions")
	}
	const want = "7411e12c6e0cd8f45e5f826319e5a0e0989b938c59bb77687d3308e63c475417"
	if got := fmt.Sprintf("%x", sha256.Sum256(mustOpen(t, "generated:600", 1, 0).Train.pixels())); got != want {
		t.Errorf("the generated set changed: hash %s, was %s", got, want)
	}
}

// TestSmallImagesShowTheSame compares images with larger ones of the same seed: a pixel is about the mean of four. So
// what can be told from small images can be told from large ones.
func TestSmallImagesShowTheSame(t *testing.T) {
	for _, size := range []int{8, 16, 32} {
		small := mustOpen(t, "generated:60", 1, size).Train.pixels()
		large := mustOpen(t, "generated:60", 1, 2*size).Train.pixels()
		row, image := 2*size*3, size*size*3
		same, other := 0.0, 0.0 // mean distances, in levels
		for i, v := range small {
			at := large[i/3/size*2*row+i/3%size*6+i%3:]
			mean := (float64(at[0]) + float64(at[3]) + float64(at[row]) + float64(at[row+3])) / 4
			same += math.Abs(float64(v)-mean) / float64(len(small))
			other += math.Abs(float64(small[(i+image)%len(small)])-mean) / float64(len(small))
		}
		if same > 12 || other < 3*same {
			t.Errorf("%d pixels: %.1f levels from the mean of four, %.1f in another image", size, same, other)
		}
	}
}

func TestCoresDoNotMatter(t *testing.T) {
	var sets [2]*Set
	for i := range sets {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(i + 1))
		sets[i] = mustOpen(t, "generated:600", 5, 24)
	}
	if !slices.Equal(sets[0].Train.pixels(), sets[1].Train.pixels()) {
		t.Error("1 and 2 cores give different images")
	}
}

// TestLinearModelDoesBadly trains a softmax regression: it learns training images in part, and nothing else.
func TestLinearModelDoesBadly(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for seconds")
	}
	set := mustOpen(t, "generated", 1, 0)
	m := newLinear(set)
	for range 5 {
		m.train(set, 2e-4)
	}
	train, test := m.accuracy(set, set.Train), m.accuracy(set, set.Test)
	t.Logf("softmax regression: %.1f %% of the training images, %.1f %% of the test images", 100*train, 100*test)
	if train < 0.25 || test > 0.15 {
		t.Errorf("accuracy %.3f in training, %.3f in testing: want at least 0.25 and at most 0.15", train, test)
	}
}

// linear is a softmax regression on normalised pixels.
type linear struct{ weight [][10]float32 } // by pixel; the last is the bias

func newLinear(set *Set) *linear {
	return &linear{make([][10]float32, set.Height*set.Width*set.Channels+1)}
}

func (m *linear) logits(x []float32) (y [10]float32) {
	y = m.weight[len(x)]
	for i, v := range x {
		w := &m.weight[i]
		for c := range y {
			y[c] += v * w[c]
		}
	}
	return y
}

// train takes one pass of plain stochastic gradient descent, an image a step.
func (m *linear) train(set *Set, rate float32) {
	each := len(m.weight) - 1
	for b := range set.Sequence(set.Train, 64) {
		for i, label := range b.Labels {
			x := b.X[i*each:][:each]
			y := m.logits(x)
			sum := 0.0
			for c := range y {
				y[c] = float32(math.Exp(float64(y[c])))
				sum += float64(y[c])
			}
			for c := range y {
				y[c] = -rate * y[c] / float32(sum)
			}
			y[label] += rate
			for j, v := range x {
				w := &m.weight[j]
				for c := range y {
					w[c] += v * y[c]
				}
			}
		}
	}
}

func (m *linear) accuracy(set *Set, s Split) float64 {
	each, right := len(m.weight)-1, 0
	for b := range set.Sequence(s, 64) {
		for i, label := range b.Labels {
			y := m.logits(b.X[i*each:][:each])
			if slices.Index(y[:], slices.Max(y[:])) == int(label) {
				right++
			}
		}
	}
	return float64(right) / float64(s.Len())
}

// pixels is a copy of all images of s, one after the other.
func (s Split) pixels() []uint8 { return slices.Concat(s.Images...) }
