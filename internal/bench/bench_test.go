package bench

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/plugins"
)

// tiny is a workload of 8×8 images: a normal and a reduction layer, two steps and four architectures.
func tiny() Workload {
	few := []Operation{{"mbconv", 3, 2, 1, []int{1, 1}}, {"ssc", 5, 1, 1, []int{1, 1}}}
	return Workload{
		Name: "tiny", Image: []int{8, 8, 3}, Classes: 10, Stem: Stem{4, 1}, Head: 8, Batch: 4,
		Layers:     []Layer{{In: 4, Out: 4, Stride: 1, Ops: few}, {In: 4, Out: 6, Stride: 2, Ops: few}},
		TrainSteps: []evolve.Arch{{{}, {0}}, {{0, 1}, {1}}},
		Score:      Score{4, 9, 8, []evolve.Arch{{{}, {0}}, {{0}, {0}}, {{0}, {1}}, {{1}, {0, 1}}}},
	}
}

// ticking is a clock that goes on by a step whenever it is read.
func ticking(step time.Duration) func() time.Time {
	at := time.Unix(0, 0)
	return func() time.Time {
		at = at.Add(step)
		return at
	}
}

func newBench(t *testing.T, now func() time.Time) *Bench {
	t.Helper()
	b, err := New(tiny(), plugins.Builtin, 1, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// The stem has 64·27·4 MACs for each image and the head 16·6·8 + 80. In the reduction layer, mbconv has 64·4·8 + 16·9·8
// + 16·8·6 and ssc 64·4·4 + 32·5·16 + 16·5·16 + 16·4·6. In the normal one, mbconv has 64·(4·8 + 9·8 + 8·4) and ssc
// 64·(16 + 80 + 80 + 16).
const (
	macsOfFirst  = 6912 + 848 + 3968
	macsOfSecond = 6912 + 848 + 8704 + 12288 + 5248
)

func TestTrainingFiguresFollowFromTheLeastTimes(t *testing.T) {
	got, err := newBench(t, ticking(time.Millisecond)).Train(4, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := Training{Workload: "tiny", What: "train", Threads: 1, Batch: 4, MedianStepMS: 1, ImagesPerSecond: 4000,
		MeanMACs: round((macsOfFirst+macsOfSecond)/2e6, 3), GFLOPS: round(6*4*(macsOfFirst+macsOfSecond)/2e-3/1e9, 1)}
	got.PeakRSSMiB = 0
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestScoringFiguresAreForEachArchitectureAndForAll(t *testing.T) {
	got, err := newBench(t, ticking(3*time.Second)).Score(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := Scoring{Workload: "tiny", What: "score", Threads: 1, Architectures: 2, SecondsEach: 1.5,
		ProjectedSeconds: 6}
	got.PeakRSSMiB, got.AccuraciesSHA256 = 0, ""
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// The file's order is not that in which shared scoring goes through the architectures.
func TestAccuraciesAreTheSameAlone(t *testing.T) {
	var got [2]Scoring
	for i, score := range []func(*Bench, context.Context, int) (Scoring, error){(*Bench).Score, (*Bench).ScoreAlone} {
		b := newBench(t, time.Now)
		archs := b.workload.Score.Architectures
		slices.Reverse(archs)
		var err error
		if got[i], err = score(b, context.Background(), len(archs)); err != nil {
			t.Fatal(err)
		}
	}
	if got[0].Alone || !got[1].Alone || got[0].AccuraciesSHA256 != got[1].AccuraciesSHA256 {
		t.Errorf("shared %+v\nalone  %+v", got[0], got[1])
	}
}

// The digest is that of Python's hashlib.sha256(struct.pack("<2d", 0.5, 0.25)).
func TestDigest(t *testing.T) {
	const want = "9543aca8e8dc3f8c377f3329b9e43f07798a2f6afd07c6c238976f2c78be0513"
	if got := digest([]float64{0.5, 0.25}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The steps train: on one batch, the loss falls.
func TestStepsLearnTheBatch(t *testing.T) {
	b := newBench(t, time.Now)
	images, err := b.images(8)
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for range 300 {
		loss, err := b.net.Step(b.workload.TrainSteps[1], images, learningRate, sgd, 0)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, loss)
	}
	if last := losses[len(losses)-1]; !(last < losses[0]/2) {
		t.Errorf("loss went from %.3f to %.3f, want less than half", losses[0], last)
	}
}

// Of 9 calibration images in batches of 4, two batches are full.
func TestBatchesAreFull(t *testing.T) {
	batches, err := newBench(t, time.Now).batches(9, 4)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(slices.Collect(batches)); got != 2 {
		t.Errorf("%d batches, want 2", got)
	}
}

// Step 0 takes 5, 3 and 4 seconds in three passes and step 1 takes 1, 2 and 3: the pass that warms up counts too.
func TestLeastTimes(t *testing.T) {
	took := []time.Duration{5, 1, 3, 2, 4, 3}
	at, calls := time.Unix(0, 0), 0
	now := func() time.Time { return at }
	var order []int
	got, err := leastTimes(now, 3, 2, func(i int) error {
		order = append(order, i)
		at = at.Add(took[calls] * time.Second)
		calls++
		return nil
	})
	if err != nil || !slices.Equal(got, []float64{3, 1}) || !slices.Equal(order, []int{0, 1, 0, 1, 0, 1}) {
		t.Errorf("times %v of steps %v, error %v", got, order, err)
	}
	failure := errors.New("no")
	if _, err := leastTimes(now, 1, 1, func(int) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("error %v, want that of the step", err)
	}
}

func TestMedian(t *testing.T) {
	for want, values := range map[float64][]float64{2: {3, 1, 2}, 2.5: {4, 1, 3, 2}, 7: {7}} {
		if got := median(values); got != want {
			t.Errorf("median of %v is %v, want %v", values, got, want)
		}
	}
}

// MACs come from the graphs of the operations; they are what the program that the engine is compared with counts by a
// formula of its own, which leaves 82.47664 and 38.996864 million for a step.
func TestMACsOfThePeer(t *testing.T) {
	for name, want := range map[string]float64{"mixed27": 82.47664e6, "mbconv21": 38.996864e6} {
		w := peerWorkload(t, name)
		n, err := w.layOut(plugins.Builtin)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range slices.Concat(w.TrainSteps, w.Score.Architectures) {
			if got := n.macs([]evolve.Arch{a}); got != peerMACs(w, a) {
				t.Errorf("%s: architecture %d has %.0f MACs, the peer counts %.0f", name, i, got, peerMACs(w, a))
			}
		}
		if mean := n.macs(w.TrainSteps) / float64(len(w.TrainSteps)); math.Abs(mean-want) > 0.5 {
			t.Errorf("%s: a step has %.0f MACs, want %.0f", name, mean, want)
		}
	}
}

// peerWorkload reads one of the workloads that other engines are timed on as well.
func peerWorkload(t *testing.T, name string) (w Workload) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "workload-"+name+".json"))
	if err == nil {
		err = json.Unmarshal(text, &w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// peerMACs is the peer's formula, on square images.
func peerMACs(w Workload, a evolve.Arch) float64 {
	side := (w.Image[0]-1)/w.Stem.Stride + 1
	macs := 27 * w.Stem.Channels * side * side
	for l, path := range a {
		layer := w.Layers[l]
		in, out := side*side, (side-1)/layer.Stride+1
		for _, i := range path {
			o := layer.Ops[i]
			mid := layer.In * o.Expand
			macs += layer.In*mid/o.Groups[0]*in + mid*layer.Out/o.Groups[1]*out*out
			if o.Family == "mbconv" {
				macs += mid * o.Kernel * o.Kernel * out * out
			} else {
				macs += mid * mid * o.Kernel * (side*out + out*out)
			}
		}
		side = out
	}
	last := w.Layers[len(w.Layers)-1].Out
	return float64(macs + last*w.Head*side*side + w.Head*w.Classes)
}
