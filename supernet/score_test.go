package supernet

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// stemStatistics are the running means and variances of the stem, whose input does not depend on any weight's
// statistics, after calibration.
func stemStatistics(t *testing.T, n *Net, batches iter.Seq[data.Batch], reset bool) []float32 {
	t.Helper()
	defer n.statistics()()
	tree := n.plant(testArchs[:1], []int{0})
	if err := tree.calibrate(context.Background(), batches, reset); err != nil {
		t.Fatal(err)
	}
	return tree.stem.values
}

// Statistics are the plain mean of those of the batches if they are reset, and otherwise the trained ones that follow
// the batches with momentum 0.1.
func TestRecalibrationOverBatches(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	trained(t, e, 0, 4)
	before := newBranch(e.net.stem).values
	all := e.images().Calibration
	var single [][]float32
	for b := range all {
		single = append(single, stemStatistics(t, e.net, slices.Values([]data.Batch{b}), true))
	}
	if len(single) != 3 {
		t.Fatalf("%d batches, want 3", len(single))
	}
	for _, reset := range []bool{true, false} {
		for i, got := range stemStatistics(t, e.net, all, reset) {
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

// scored is what an architecture makes of the held-out images.
type scored struct {
	logits   []float32
	accuracy float64
}

// alone scores an architecture by itself, with nothing shared: the reference.
func alone(e *Engine, a evolve.Arch, reset bool) (s scored) {
	n, images := e.net, e.images()
	defer n.statistics()()
	n.session.Mode = graph.Probe
	batches := 0
	for b := range images.Calibration {
		batches++
		n.session.Batch, n.session.Momentum = len(b.Labels), 0
		if reset {
			n.session.Momentum = 1 / float32(batches)
		}
		n.forward(a, b.X)
		n.release()
	}
	n.session.Mode, n.session.Momentum = graph.Eval, 0
	correct := 0
	for b := range images.Held {
		n.session.Batch = len(b.Labels)
		logits := n.forward(a, b.X)
		_, c := kernel.SoftmaxCrossEntropy(nil, logits, b.Labels, n.head.OutShape().Channels)
		s.logits = append(s.logits, logits...)
		n.release()
		correct += c
	}
	s.accuracy = float64(correct) / float64(e.source.Held.Len())
	return s
}

// together returns the logits of architectures that are scored in one trie.
func together(t *rapid.T, e *Engine, archs []evolve.Arch, reset bool) [][]float32 {
	n, images, ctx := e.net, e.images(), context.Background()
	defer n.statistics()()
	tree := n.plant(archs, ascending(archs))
	if err := tree.calibrate(ctx, images.Calibration, reset); err != nil {
		t.Fatal(err)
	}
	n.session.Mode = graph.Eval
	logits := make([][]float32, len(archs))
	for b := range images.Held {
		if err := tree.forward(ctx, b, func(leaf *node, of []float32) error {
			for _, i := range leaf.places {
				logits[i] = append(logits[i], of...)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return logits
}

// someArchs draws architectures of testSubset, so few that many begin alike and some are equal.
func someArchs(t *rapid.T) []evolve.Arch {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) evolve.Arch {
		a := make(evolve.Arch, len(testSubset))
		for l, ops := range testSubset {
			least := 0
			if l == 1 {
				least = 1 // the reduction layer
			}
			a[l] = rapid.SliceOfNDistinct(rapid.SampledFrom(ops), least, -1, rapid.ID).Draw(t, "path")
			slices.Sort(a[l])
		}
		return a
	}), 1, 8).Draw(t, "architectures")
}

// Logits and accuracies are the same bits as alone, whether statistics are reset or not, whether all outputs of
// branches find room, some or none, and in groups of any size. Statistics and weights stay as they are.
func TestSharedScoresAreThoseOfEachAlone(t *testing.T) {
	e := testEngine(t, 2, testTrain, ScoreConfig{Batch: 10, Images: 25})
	e.source.Held = e.source.Held.Sample(25, 1)
	begin(t, e)
	trained(t, e, 0, 12)
	before := saved(t, e)
	want := map[string]scored{}
	rapid.Check(t, func(t *rapid.T) {
		archs, reset := someArchs(t), rapid.Bool().Draw(t, "reset")
		e.net.sharing = sharing{
			archs:  rapid.IntRange(1, 8).Draw(t, "together"),
			floats: rapid.SampledFrom([]int{0, 8000, 1 << 28}).Draw(t, "floats"), // one branch has 5120 or 1920
		}
		e.scoring.Reset = reset
		logits := together(t, e, archs, reset)
		if err := e.Score(context.Background(), archs, func(i int, accuracy float64) error {
			key := fmt.Sprint(archs[i], reset)
			if _, known := want[key]; !known {
				want[key] = alone(e, archs[i], reset)
			}
			if got := (scored{logits[i], accuracy}); !reflect.DeepEqual(got, want[key]) {
				t.Errorf("%v: accuracy %v, alone %v, or the logits differ", archs[i], got.accuracy, want[key].accuracy)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
	if saved(t, e) != before {
		t.Error("scoring changed the weights or statistics")
	}
}

// A branch stands once behind equal paths, and its output is kept for those that share it, if there is room. One image
// has 512 floats behind layer 0, and 192 behind layers 1 and 2. Only operation 0 is shared in layers 0 and 1, and only
// 1 in layer 2.
func TestSharedBranchesAreKept(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	archs := []evolve.Arch{{{0}, {0, 1}, {}}, {{0}, {0, 3}, {1}}, {{0}, {0, 3}, {1, 2}}, {{0, 1}, {0}, {}}}
	tree := e.net.plant(archs, ascending(archs))
	var branches []int
	var visit func(v *node)
	visit = func(v *node) {
		branches = append(branches, len(v.branches))
		for _, edge := range v.edges {
			visit(edge.to)
		}
	}
	visit(tree.root)
	want := []int{2, // operations 0 and 1 in layer 0
		3, 0, 1, 2, 1, 1, // behind {0}: 0, 1 and 3; behind {0, 1} the head; behind {0, 3} 1 and 2, then two heads
		1, 0, 1} // behind {0, 1}
	if !slices.Equal(branches, want) {
		t.Errorf("branches %v at the nodes, want %v", branches, want)
	}
	e.net.session.Mode = graph.Eval
	tests := []struct{ room, kept int }{{1 << 20, 512 + 192 + 192}, {600, 512}, {500, 192 + 192}, {100, 0}}
	for _, test := range tests {
		e.net.sharing.floats = test.room
		kept := 0
		b := data.Batch{X: make([]float32, 16*16*3), Labels: make([]int32, 1)}
		if err := tree.forward(context.Background(), b, func(*node, []float32) error {
			kept = max(kept, tree.kept)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if kept != test.kept || tree.kept != 0 {
			t.Errorf("%d floats kept with room for %d, want %d; %d afterwards", kept, test.room, test.kept, tree.kept)
		}
	}
}

// Results come in ascending order of the paths, equal ones in the order of the list, so that a list that was cut
// short goes on in the same order and with the same results.
func TestScoringGoesOnWhereItWasCutShort(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	trained(t, e, 0, 12)
	e.net.sharing.archs = 2
	archs := slices.Concat(testArchs, []evolve.Arch{{{0, 1}, {1}, {}}}, testArchs)
	type result struct {
		place    int
		accuracy float64
	}
	score := func(places []int, limit int) (results []result, err error) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var left []evolve.Arch
		for _, i := range places {
			left = append(left, archs[i])
		}
		err = e.Score(ctx, left, func(i int, accuracy float64) error {
			results = append(results, result{places[i], accuracy})
			if len(results) == limit {
				cancel()
			}
			return ctx.Err()
		})
		return results, err
	}
	all := []int{0, 1, 2, 3, 4, 5, 6}
	whole, err := score(all, 0)
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	for _, r := range whole {
		order = append(order, r.place)
	}
	if want := []int{1, 5, 3, 0, 4, 2, 6}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	for limit := 1; limit < len(all); limit++ {
		first, err := score(all, limit)
		if !errors.Is(err, context.Canceled) || len(first) != limit {
			t.Fatalf("%d results and error %v, want %d and the cancellation", len(first), err, limit)
		}
		left := slices.DeleteFunc(slices.Clone(all), func(i int) bool {
			return slices.ContainsFunc(first, func(r result) bool { return r.place == i })
		})
		rest, err := score(left, 0)
		if got := slices.Concat(first, rest); err != nil || !slices.Equal(got, whole) {
			t.Errorf("cut after %d: %v, error %v, want %v", limit, got, err, whole)
		}
	}
}

// A cancellation in the midst of a group ends it at the next layer, and leaves weights and statistics as they were.
func TestScoringStopsInTheMidstOfAGroup(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	trained(t, e, 0, 4)
	before := saved(t, e)
	for _, calibration := range []bool{true, false} {
		ctx, cancel := context.WithCancel(context.Background())
		images := e.images()
		at := &images.Held
		if calibration {
			at = &images.Calibration
		}
		all := *at
		*at = func(yield func(data.Batch) bool) {
			batches := 0
			for b := range all {
				if batches++; batches == 2 {
					cancel()
				}
				if !yield(b) {
					return
				}
				if batches == 2 {
					t.Error("scoring went on after its cancellation")
				}
			}
		}
		err := e.net.Score(ctx, testArchs, images, true, func(int, float64) error {
			t.Error("a result after the cancellation")
			return nil
		})
		if !errors.Is(err, context.Canceled) || saved(t, e) != before {
			t.Errorf("calibration %v: error %v, or other weights or statistics", calibration, err)
		}
	}
}

func TestRecalibrationOfThePresets(t *testing.T) {
	if got, want := DefaultScore("paper"), (ScoreConfig{Batch: 256, Images: 20000, Reset: true}); got != want {
		t.Errorf("paper: %+v, want %+v", got, want)
	}
	if got, want := DefaultScore("official"), (ScoreConfig{Batch: 1024, Images: 51200}); got != want {
		t.Errorf("official: %+v, want %+v", got, want)
	}
}
