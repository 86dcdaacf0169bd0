package retrain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// aloneArch has every operation of testNetwork.
var aloneArch = evolve.Arch{{0, 1}, {0, 1}, {0}}

// testAlone trains on 100 of 120 generated images, in batches of 20.
func testAlone(t *testing.T) *Solo {
	t.Helper()
	set, s, graphs := testNetwork(t, "generated:120", 16)
	source := supernet.Source{Set: set}
	var err error
	if source.Train, source.Held, err = set.Train.Hold(20, 1); err != nil {
		t.Fatal(err)
	}
	build := func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) { return graphs[l.Index][op], nil }
	c := quickRetrain()
	c.Batch, c.EMA = 20, 0.9
	return NewSolo(s, build, source, c, 40, 7, 0)
}

func alone(t *testing.T, e *Solo, ends ...int) float64 {
	t.Helper()
	accuracy, err := e.Alone(context.Background(), aloneArch, ends)
	if err != nil {
		t.Fatal(err)
	}
	return accuracy
}

// TestAloneGoesOn compares training in cycles that are asked for one after another with training in one call.
func TestAloneGoesOn(t *testing.T) {
	inParts, atOnce := testAlone(t), testAlone(t)
	first := alone(t, inParts, 1)
	if len(inParts.kept.kept) != 1 {
		t.Fatalf("%d checkpoints are kept, want 1", len(inParts.kept.kept))
	}
	if again := alone(t, inParts, 1); again != first {
		t.Errorf("a first epoch has %v, and %v again", first, again)
	}
	second, want := alone(t, inParts, 1, 3), alone(t, atOnce, 1, 3)
	if len(inParts.kept.kept) != 1 {
		t.Errorf("%d checkpoints are kept, want that of the second cycle: it went on from the first",
			len(inParts.kept.kept))
	}
	if second != want {
		t.Errorf("in parts %v, at once %v", second, want)
	}
	a, b := inParts.kept.kept[len(inParts.kept.kept)-1], atOnce.kept.kept[0]
	if a.key != b.key || len(a.state.Tensors) == 0 {
		t.Fatalf("checkpoints of %q and %q", a.key, b.key)
	}
	for i, x := range a.state.Tensors {
		if string(x.Data) != string(b.state.Tensors[i].Data) {
			t.Errorf("%s differs", x.Name)
		}
	}
}

// TestAloneSeesTheTrainingPartOnly trains where the held-out images have other labels.
func TestAloneSeesTheTrainingPartOnly(t *testing.T) {
	e, other := testAlone(t), testAlone(t)
	for i := range other.held.Labels {
		other.held.Labels[i] = (other.held.Labels[i] + 1) % 10
	}
	alone(t, e, 1)
	alone(t, other, 1)
	if string(e.kept.kept[0].state.Tensors[0].Data) != string(other.kept.kept[0].state.Tensors[0].Data) {
		t.Error("held-out labels changed the weights")
	}
	if n := e.set.Train.Len(); n != 100 {
		t.Errorf("trains on %d images, want 100", n)
	}
}

// TestRatesOfCycles: 5 steps are an epoch. Only the first cycle warms up, and each ends near 0.
func TestRatesOfCycles(t *testing.T) {
	e := testAlone(t)
	e.config.WarmupEpochs = 0.4
	trainer, err := e.trainer(aloneArch, []int{1, 3}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	if trainer.average != nil {
		t.Error("an average is kept that nobody measures")
	}
	var rates []string
	for trainer.Step = 0; trainer.Step < trainer.Steps; trainer.Step++ {
		rates = append(rates, fmt.Sprintf("%.4f", trainer.rate()))
	}
	const want = "0.0333 0.0667 0.1000 0.0750 0.0250 " +
		"0.1000 0.0976 0.0905 0.0794 0.0655 0.0500 0.0345 0.0206 0.0095 0.0024"
	if got := strings.Join(rates, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestAloneCounts counts 100 images three times an epoch, 40 for the statistics and 20 held-out ones.
func TestAloneCounts(t *testing.T) {
	e := testAlone(t)
	_, _, graphs := testNetwork(t, "generated:120", 16)
	image := e.skeleton.Fixed()
	for _, layer := range graphs {
		for _, g := range layer {
			image = image.Plus(g.Count())
		}
	}
	alone(t, e, 1)
	if want := float64(image.MACs) * (300 + 40 + 20); e.Spent().Alone != want || e.AloneMACs(aloneArch, 1) != want {
		t.Errorf("spent %v, priced %v, want %v", e.Spent().Alone, e.AloneMACs(aloneArch, 1), want)
	}
	alone(t, e, 1, 3)
	if want := float64(image.MACs) * (900 + 80 + 40); e.Spent().Alone != want {
		t.Errorf("spent %v, want %v: the second cycle has two epochs", e.Spent().Alone, want)
	}
	if n := e.Spent().TrainImages; n != 300 {
		t.Errorf("%d training images, want 300", n)
	}
}

// TestAloneCountsLargeBatches: a step has all 100 images, and not the 256 of the configuration.
func TestAloneCountsLargeBatches(t *testing.T) {
	e := testAlone(t)
	e.config.Batch = 256
	alone(t, e, 2)
	if price := e.AloneMACs(aloneArch, 2); e.Spent().Alone != price || e.Spent().TrainImages != 200 {
		t.Errorf("%+v are spent, at a price of %v", e.Spent(), price)
	}
}

func TestAloneRefuses(t *testing.T) {
	e := testAlone(t)
	for _, ends := range [][]int{nil, {0}, {2, 2}, {3, 1}} {
		if _, err := e.Alone(context.Background(), aloneArch, ends); err == nil {
			t.Errorf("cycles %v are trained", ends)
		}
	}
	if _, err := e.Alone(context.Background(), aloneArch[:2], []int{1}); err == nil {
		t.Error("two of three layers are trained")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Alone(ctx, aloneArch, []int{1}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// TestAloneBeside trains three architectures at a time on two cores. They are asked for in another order than they were
// begun, and have what they have one after another, in accuracy, in weights and in what is counted.
func TestAloneBeside(t *testing.T) {
	archs := []evolve.Arch{aloneArch, {{0}, {1}, {0}}, {{}, {0}, {0}}}
	one, beside := testAlone(t), testAlone(t)
	beside.workers = 2
	if n := beside.Lanes(8); n != 2 {
		t.Fatalf("%d lanes, want one for each core", n)
	}
	for _, ends := range [][]int{{1}, {1, 2}} {
		for _, a := range archs {
			beside.Ahead(t.Context(), a, ends)
		}
		for i := range archs {
			a := archs[(i+1)%3]
			want, err := one.Alone(t.Context(), a, ends)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := beside.Alone(t.Context(), a, ends); got != want || err != nil {
				t.Errorf("%v: accuracy %v beside others, %v alone: %v", ends, got, want, err)
			}
			if got, want := beside.Spent(), one.Spent(); got != want {
				t.Errorf("%v: %+v are counted beside others, %+v alone", ends, got, want)
			}
		}
	}
	for _, a := range archs {
		x, _ := one.kept.take(key(a, []int{1, 2}))
		y, found := beside.kept.take(key(a, []int{1, 2}))
		if !found || string(x.Tensors[0].Data) != string(y.Tensors[0].Data) {
			t.Errorf("%v has other weights beside others (kept: %v)", a, found)
		}
	}
}

// TestAloneBesideIsStopped: a training that has no lane yet ends with the context, too, and counts nothing.
func TestAloneBesideIsStopped(t *testing.T) {
	e := testAlone(t)
	if n := e.Lanes(1); n != 1 {
		t.Fatalf("%d lanes, want 1", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for epochs := 1000; epochs < 1003; epochs++ {
		e.Ahead(ctx, aloneArch, []int{epochs})
	}
	cancel()
	if _, err := e.Alone(ctx, aloneArch, []int{1001}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	e.Settle()
	if len(e.lanes.begun) > 0 || e.Spent() != (evolve.Ledger{}) {
		t.Errorf("%d are left, and %+v is counted", len(e.lanes.begun), e.Spent())
	}
}

// TestAloneNamesTheBrokenOperation: a kernel fails in the third step. What the trainer calls its second operation of
// the layer is the pool's ninth.
func TestAloneNamesTheBrokenOperation(t *testing.T) {
	set, s, graphs := testNetwork(t, "generated:120", 16)
	calls := 0
	op := sdk.Op{Name: "frail", Kernels: []sdk.Kernel{{Name: "frail",
		Forward: func(c sdk.Call) error {
			if calls++; calls == 3 {
				return errors.New("out of order")
			}
			copy(c.Y, c.X)
			return nil
		},
		Backward: func(c sdk.Call) error { copy(c.DX, c.DY); return nil }}},
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().Exec(sdk.Exec{Kernel: "frail", Out: l.Output(), Deterministic: true}), nil
		}}
	frail, err := op.Graph(s.Layers[2], nil)
	if err != nil {
		t.Fatal(err)
	}
	build := func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
		if op == 8 {
			return frail, nil
		}
		return graphs[l.Index][0], nil
	}
	source := supernet.Source{Set: set}
	if source.Train, source.Held, err = set.Train.Hold(20, 1); err != nil {
		t.Fatal(err)
	}
	c := quickRetrain()
	c.Batch = 20
	e := NewSolo(s, build, source, c, 40, 7, 1)
	arch := evolve.Arch{{1}, {1}, {5, 8}}
	e.Lanes(2)
	e.Ahead(t.Context(), arch, []int{1})
	_, err = e.Alone(t.Context(), arch, []int{1})
	b, broken := errors.AsType[*evolve.Broken](err)
	if !broken || b.Op != 8 || b.Layer != 2 || b.Error() != "out of order" || e.Spent() != (evolve.Ledger{}) {
		t.Errorf("%v, %+v; %+v is counted", err, b, e.Spent())
	}
	if _, err := e.Alone(t.Context(), arch, []int{1}); err != nil {
		t.Errorf("once it works again: %v", err)
	}
}
