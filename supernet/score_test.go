package supernet

import (
	"math"
	"slices"
	"testing"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/data"
)

// stemStatistics are the running means and variances of the stem, whose input does not depend on any weight's statistics.
func stemStatistics(n *Net) (v []float32) {
	for _, p := range n.stem.Params {
		if p.Init == sdk.RunningMean || p.Init == sdk.RunningVar {
			v = append(v, p.Value...)
		}
	}
	return v
}

// Statistics are the plain mean of those of the batches if they are reset, and otherwise the trained ones that follow
// the batches with momentum 0.1.
func TestRecalibrationOverBatches(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	trained(t, e, 0, 4)
	a := testArchs[0]
	before := stemStatistics(e.net)
	restore := e.net.statistics()

	var single [][]float32
	for b := range e.source.Set.Sequence(e.sample, testScore.Batch) {
		e.net.recalibrate(a, slices.Values([]data.Batch{b}), true)
		single = append(single, stemStatistics(e.net))
	}
	if len(single) != 3 {
		t.Fatalf("%d batches, want 3", len(single))
	}
	for _, reset := range []bool{true, false} {
		restore()
		e.net.recalibrate(a, e.source.Set.Sequence(e.sample, testScore.Batch), reset)
		for i, got := range stemStatistics(e.net) {
			want := float64(before[i])
			for _, batch := range single {
				want = 0.9*want + 0.1*float64(batch[i])
			}
			if reset {
				want = float64(single[0][i]+single[1][i]+single[2][i]) / 3
			}
			if math.Abs(float64(got)-want) > 1e-5*max(1, math.Abs(want)) {
				t.Errorf("reset %v: statistic %d is %v, want %v", reset, i, got, want)
			}
		}
	}
}

func TestRecalibrationOfThePresets(t *testing.T) {
	if got, want := DefaultScore("paper"), (ScoreConfig{Batch: 256, Images: 20000, Reset: true}); got != want {
		t.Errorf("paper: %+v, want %+v", got, want)
	}
	if got, want := DefaultScore("official"), (ScoreConfig{Batch: 256, Images: 50 * 256}); got != want {
		t.Errorf("official: %+v, want %+v", got, want)
	}
}
