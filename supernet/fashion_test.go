package supernet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/data"
)

// Architectures with random weights classify Fashion-MNIST at chance, 10 ± 5 %, after BN recalibration: accuracy comes
// from training, not from the way it is measured.
func TestRandomWeightsScoreAtChance(t *testing.T) {
	dir := os.Getenv("NSE_DATA")
	if dir == "" {
		t.Skip("skips accuracies on Fashion-MNIST: set NSE_DATA to a folder " +
			"that has its four IDX files in fashion-mnist/")
	}
	set, err := data.Open(t.Context(), "fashion-mnist:"+filepath.Join(dir, "fashion-mnist"), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	weights, held, err := set.Train.Hold(3000, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Built("small")
	if err != nil {
		t.Fatal(err)
	}
	m.StemStride = 2
	s, err := m.Skeleton(InputOf(set))
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewNet(s, buildFew, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEngine(n, Source{Set: set, Train: weights, Held: held}, testTrain,
		ScoreConfig{Batch: 200, Images: 1000, Reset: true})
	t.Cleanup(e.Close)
	arch := evolve.Arch{{0}, {3}, {1}, {0, 2}, {}}
	if err := e.Begin(1, []evolve.Path{{0, 1}, {0, 3}, {1, 2}, {0, 2}, {3}}); err != nil {
		t.Fatal(err)
	}
	accuracy := scores(t, e, []evolve.Arch{arch})[0]
	t.Logf("accuracy %.2f %%", 100*accuracy)
	if accuracy < 0.05 || accuracy > 0.15 {
		t.Errorf("accuracy %.2f %%, want 10 ± 5 %%", 100*accuracy)
	}
}
