package supernet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/data"
)

// fewOps are operations that tests build without a plugin process.
var fewOps = []struct {
	family string
	attrs  sdk.Attrs
}{
	{"mbconv", sdk.Attrs{"kernel": 3, "expand": 1}},
	{"mbconv", sdk.Attrs{"kernel": 5, "expand": 3}},
	{"ssc", sdk.Attrs{"kernel": 5, "expand": 1}},
	{"conv", sdk.Attrs{"expand": 1}},
}

func buildFew(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
	family, err := plugins.Builtin(fewOps[op].family)
	if err != nil {
		return nil, err
	}
	return family.Graph(l, fewOps[op].attrs)
}

// testEngine is a small supernet on generated images.
func testEngine(t testing.TB, workers int, train TrainConfig, score ScoreConfig) *Engine {
	t.Helper()
	return joinedEngine(t, "", buildFew, workers, train, score)
}

// joinedEngine is testEngine with rules of its layers and operations of its own.
func joinedEngine(
	t testing.TB, join string, build Builder, workers int, train TrainConfig, score ScoreConfig,
) *Engine {
	t.Helper()
	set, err := data.Open(t.Context(), "generated:2000", data.Options{Seed: 1, Size: 16})
	if err != nil {
		t.Fatal(err)
	}
	weights, held, err := set.Train.Hold(200, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := Macro{StemStride: 2, Channels: []int{8, 12}, Layers: "NRN", Head: 16, Join: join}
	s, err := m.Skeleton(InputOf(set))
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewNet(s, build, 7, workers)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEngine(n, Source{Set: set, Train: weights, Held: held, Augment: data.Augment{Flip: true}}, train, score)
	t.Cleanup(e.Close)
	return e
}

const testSteps = 720

var (
	testTrain = TrainConfig{Batch: 32, Epochs: 4, LR: 0.2, WarmupLR: 0.05, WarmupEpochs: 0.5, Momentum: 0.9,
		WeightDecay: 4e-5}
	testScore  = ScoreConfig{Batch: 40, Images: 120, Reset: true}
	testSubset = []evolve.Path{{0, 1, 2}, {0, 1, 3}, {1, 2, 3}}
	testArchs  = []evolve.Arch{{{0, 1}, {3}, {}}, {{}, {0, 1}, {1}}, {{2}, {0}, {1, 2, 3}}}
)

// trained runs the steps from to before until of a round, cycling through testArchs, with a fitness step after every
// second.
func trained(t testing.TB, e *Engine, from, until int) (losses []float64) {
	t.Helper()
	for i := from; i < until; i++ {
		loss, err := e.Train(evolve.Step{Round: 1, Index: i, Total: testSteps}, testArchs[i%3])
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, loss)
		if i%2 == 1 {
			g, err := e.Fitness(evolve.Step{Round: 1, Index: i / 2, Total: testSteps / 2}, testArchs[i%3],
				testArchs[(i+1)%3])
			if err != nil {
				t.Fatal(err)
			}
			losses = append(append(append(losses, g.Loss), g.A...), g.B...)
		}
	}
	return losses
}

func begin(t testing.TB, e *Engine) {
	t.Helper()
	if err := e.Begin(1, testSubset); err != nil {
		t.Fatal(err)
	}
}

func scores(t testing.TB, e *Engine, archs []evolve.Arch) []float64 {
	t.Helper()
	accuracy := make([]float64, len(archs))
	err := e.Score(context.Background(), archs, func(i int, a float64) error {
		accuracy[i] = a
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return accuracy
}

func TestTrainingLearns(t *testing.T) {
	e := testEngine(t, 0, testTrain, testScore)
	begin(t, e)
	before := mean(scores(t, e, testArchs))
	trained(t, e, 0, testSteps)
	if after := mean(scores(t, e, testArchs)); after < 0.17 || after < before+0.06 {
		t.Errorf("accuracy %.3f after training, %.3f before; chance is 0.100", after, before)
	}
}

func mean(v []float64) (m float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	return m
}

// Steps, scores and the saved file are the same bits on any number of workers.
func TestEngineDoesNotDependOnWorkers(t *testing.T) {
	var want string
	for _, workers := range []int{1, 2, 3} {
		e := testEngine(t, workers, testTrain, testScore)
		begin(t, e)
		got := fmt.Sprint(trained(t, e, 0, 6), scores(t, e, testArchs), saved(t, e))
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%d workers: other bits than with 1", workers)
		}
	}
}

// saved is the content of the engine's file.
func saved(t testing.TB, e *Engine) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := e.Save(path); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// An engine that restores a file goes on as the one that wrote it.
func TestRestoreContinuesToTheBit(t *testing.T) {
	whole := testEngine(t, 2, testTrain, testScore)
	begin(t, whole)
	trained(t, whole, 0, 5)
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := whole.Save(path); err != nil {
		t.Fatal(err)
	}
	resumed := testEngine(t, 2, testTrain, testScore)
	if err := resumed.Restore(path); err != nil {
		t.Fatal(err)
	}
	if a, b := trained(t, whole, 5, 9), trained(t, resumed, 5, 9); !slices.Equal(a, b) {
		t.Errorf("losses differ:\n%v\n%v", a, b)
	}
	if saved(t, whole) != saved(t, resumed) {
		t.Error("files differ")
	}
}

// buildPool is buildFew with a max-pooling, which has no weights, in the place of operation 2.
func buildPool(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
	if op != 2 || l.In != l.Out {
		return buildFew(op, l)
	}
	g := sdk.NewGraph(l.Input())
	y := g.Input().MaxPool(3, l.Stride, 1)
	return g, g.Finish(y, l.Output())
}

// Operations without weights have no tensor in the file, but they come back with it.
func TestRestoreKnowsOperationsWithoutWeights(t *testing.T) {
	whole, resumed := testEngine(t, 2, testTrain, testScore), testEngine(t, 2, testTrain, testScore)
	whole.net.build, resumed.net.build = buildPool, buildPool
	begin(t, whole)
	trained(t, whole, 0, 4)
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := whole.Save(path); err != nil {
		t.Fatal(err)
	}
	if err := resumed.Restore(path); err != nil {
		t.Fatal(err)
	}
	if got := resumed.net.subset(); !reflect.DeepEqual(got, testSubset) {
		t.Fatalf("subset %v, want %v", got, testSubset)
	}
	if a, b := trained(t, whole, 4, 8), trained(t, resumed, 4, 8); !slices.Equal(a, b) {
		t.Errorf("losses differ:\n%v\n%v", a, b)
	}
}

// A score depends on the architecture alone, not on what was scored before it, with both ways of recalibration.
func TestScoreDependsOnTheArchitectureAlone(t *testing.T) {
	for _, reset := range []bool{true, false} {
		score := testScore
		score.Reset = reset
		e := testEngine(t, 2, testTrain, score)
		begin(t, e)
		trained(t, e, 0, 12)
		before := saved(t, e)
		together := scores(t, e, testArchs)
		if saved(t, e) != before {
			t.Errorf("reset %v: scoring changed the weights or statistics", reset)
		}
		for i := range testArchs {
			if alone := scores(t, e, testArchs[i:i+1]); alone[0] != together[i] {
				t.Errorf("reset %v: architecture %d scores %v alone, %v after others", reset, i, alone[0], together[i])
			}
		}
	}
}

// With keep_weights the operations that stay, and they alone, keep their weights.
func TestBeginKeepsWeightsOnlyWhenTold(t *testing.T) {
	for _, keep := range []bool{false, true} {
		train := testTrain
		train.KeepWeights = keep
		e := testEngine(t, 2, train, testScore)
		begin(t, e)
		trained(t, e, 0, 3)
		kept, fallen := e.net.layers[0].block(0), e.net.layers[0].block(2)
		before := slices.Clone(kept.Params[0].Value)
		if err := e.Begin(2, []evolve.Path{{0, 1, 3}, {0, 1, 3}, {1, 2, 3}}); err != nil {
			t.Fatal(err)
		}
		if same := slices.Equal(before, e.net.layers[0].block(0).Params[0].Value); same != keep {
			t.Errorf("keep_weights %v: weights are the same: %v", keep, same)
		}
		if e.net.layers[0].block(2) != nil || fallen == nil {
			t.Error("an operation outside the subset has a block")
		}
	}
}

// A round leaves nothing behind: after Begin the engine is as one that has done nothing before.
func TestBeginForgetsTheRoundBefore(t *testing.T) {
	used, fresh := testEngine(t, 2, testTrain, testScore), testEngine(t, 2, testTrain, testScore)
	begin(t, used)
	trained(t, used, 0, 4)
	scores(t, used, testArchs)
	for _, e := range []*Engine{used, fresh} {
		if err := e.Begin(2, testSubset); err != nil {
			t.Fatal(err)
		}
	}
	if saved(t, used) != saved(t, fresh) {
		t.Error("weights, statistics or momentum are left of the round before")
	}
	if a, b := trained(t, used, 0, 4), trained(t, fresh, 0, 4); !slices.Equal(a, b) {
		t.Errorf("losses differ:\n%v\n%v", a, b)
	}
}

// Weights are trained on augmented training images, fitness and accuracy are measured on held-out ones as they are, and
// statistics are taken from training images.
func TestRolesOfTheData(t *testing.T) {
	type result struct{ train, fitness float64 }
	measure := func(change func(*Source)) (r result, accuracy []float64) {
		base := testEngine(t, 2, testTrain, testScore)
		source := base.source
		change(&source)
		e := NewEngine(base.net, source, testTrain, testScore)
		t.Cleanup(e.closeLoaders)
		begin(t, e)
		accuracy = scores(t, e, testArchs)
		g, err := e.Fitness(evolve.Step{Round: 1, Total: 1}, testArchs[0], testArchs[1])
		if err != nil {
			t.Fatal(err)
		}
		r.fitness = g.Loss
		if r.train, err = e.Train(evolve.Step{Round: 1, Total: 1}, testArchs[0]); err != nil {
			t.Fatal(err)
		}
		return r, accuracy
	}
	same, scored := measure(func(*Source) {})
	for _, test := range []struct {
		name                     string
		change                   func(*Source)
		train, fitness, accuracy bool // stay the same
	}{
		{"other training images", func(s *Source) { s.Train = s.Set.Test }, false, true, false},
		{"other held-out images", func(s *Source) { s.Held = s.Set.Test }, true, false, false},
		{"no augmentation", func(s *Source) { s.Augment = data.Augment{} }, false, true, true},
	} {
		got, accuracy := measure(test.change)
		if (got.train == same.train) != test.train || (got.fitness == same.fitness) != test.fitness ||
			slices.Equal(accuracy, scored) != test.accuracy {
			t.Errorf("%s: losses %v and accuracies %v, at first %v and %v; "+
				"training, fitness and accuracy should stay: %v, %v, %v",
				test.name, got, accuracy, same, scored, test.train, test.fitness, test.accuracy)
		}
	}
	held := 0.0
	for class := range 10 {
		_, accuracy := measure(func(s *Source) {
			s.Held.Labels = slices.Repeat([]int32{int32(class)}, s.Held.Len())
		})
		held += accuracy[0]
	}
	if held < 1-1e-9 || held > 1+1e-9 {
		t.Errorf("accuracies with every held-out label alike sum up to %v over the classes, want 1", held)
	}
}

func TestEngineRefusesForeignArchitectures(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	for want, a := range map[string]evolve.Arch{
		"supernet: an architecture of 2 layers for a network of 3": {{0}, {0}},
		"supernet: reduction layer 1 has no operation":             {{0}, {}, {1}},
		"supernet: operation 3 is not in the subset of layer 0":    {{3}, {0}, {1}},
	} {
		if _, err := e.Train(evolve.Step{Round: 1, Total: 1}, a); err == nil || err.Error() != want {
			t.Errorf("%v: error %v, want %s", a, err, want)
		}
	}
}
