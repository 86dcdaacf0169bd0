package retrain

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/nse-dev/nse/supernet/data"
)

// Three images of two numbers: the outer ones mix with each other, and the middle one with itself.
func TestMixIsThatOfTheReversedBatch(t *testing.T) {
	b := data.Batch{X: []float32{1, 2, 10, 20, 5, 6}, Labels: []int32{7, 8, 9}}
	m := mix(b, 0.75)
	if want := []float32{2, 3, 10, 20, 4, 5}; !slices.Equal(b.X, want) {
		t.Errorf("got %v, want %v", b.X, want)
	}
	if !slices.Equal(b.Labels, []int32{7, 8, 9}) || !slices.Equal(m.Labels, []int32{9, 8, 7}) || m.Share != 0.75 {
		t.Errorf("labels %v and %+v", b.Labels, m)
	}
}

// Beta(α, α) has the mean 1/2 and the variance 1/(4·(2α+1)).
func TestBetaHasItsMoments(t *testing.T) {
	for _, alpha := range []float64{0.2, 1, 2} {
		r := rand.New(rand.NewPCG(1, 2))
		const n = 40000
		sum, squares := 0.0, 0.0
		for range n {
			v := beta(alpha, r)
			sum, squares = sum+v, squares+v*v
		}
		mean := sum / n
		variance, want := squares/n-mean*mean, 1/(4*(2*alpha+1))
		if math.Abs(mean-0.5) > 0.01 || math.Abs(variance/want-1) > 0.03 {
			t.Errorf("α %v: mean %v, variance %v, want 0.5 and %v", alpha, mean, variance, want)
		}
	}
}

// What is mixed follows from the seed and the step alone: a training goes on to the same bits on other cores.
func TestMixedTrainingGoesOnToTheBit(t *testing.T) {
	c := quickRetrain()
	c.Mixup, c.Augment.Erase = 0.4, 0.5
	whole := testTrainer(t, "generated:120", c, 2)
	until(t, whole, 9)
	first := testTrainer(t, "generated:120", c, 1)
	until(t, first, 4)
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := first.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	f, err := ReadCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	second := testTrainer(t, "generated:120", c, 3)
	if err := second.Restore(f); err != nil {
		t.Fatal(err)
	}
	until(t, second, 9)
	if !reflect.DeepEqual(second.Net().Tensors(), whole.Net().Tensors()) {
		t.Error("other weights after a checkpoint")
	}
	plain := testTrainer(t, "generated:120", quickRetrain(), 2)
	until(t, plain, 9)
	if reflect.DeepEqual(plain.Net().Tensors(), whole.Net().Tensors()) {
		t.Error("the same weights without mixup and erasing")
	}
}
