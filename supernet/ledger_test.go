package supernet

import (
	"context"
	"errors"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

// Multiply-accumulates of one image, by hand: images 16×16×3, a stem of stride 2 to 8 channels, layers of 8×8×8, from
// there to 4×4×12, and of 4×4×12, and a head of 16 channels for 10 classes.
const (
	stemMACs = 8 * 8 * 8 * 3 * 9
	headMACs = 4*4*12*16 + 16*10

	mbconv0 = 64*8*8 + 64*8*9 + 64*8*8       // operation 0, mbconv-k3-e1, at layer 0
	large0  = 64*8*24 + 64*24*25 + 64*24*8   // operation 1, mbconv-k5-e3, at layer 0
	mbconv1 = 64*8*8 + 16*8*9 + 16*8*12      // operation 0 at layer 1
	conv1   = 64*8*8 + 16*8*8*9 + 16*8*12    // operation 3, conv-k3-e1, at layer 1
	large2  = 16*12*36 + 16*36*25 + 16*36*12 // operation 1 at layer 2
)

var first = testArchs[0] // {0, 1}, {3}, {}

const firstMACs = stemMACs + mbconv0 + large0 + conv1 + headMACs

func ledgerEngine(t *testing.T) *Engine {
	t.Helper()
	e := testEngine(t, 1, testTrain, testScore) // batches of 32, 120 images of calibration, 200 held out
	begin(t, e)
	return e
}

func TestWeightUpdatesCount(t *testing.T) {
	e := ledgerEngine(t)
	trained(t, e, 0, 1)
	want := evolve.Ledger{TrainImages: 32, Forward: 32 * firstMACs, Backward: 2 * 32 * firstMACs}
	if e.Spent() != want || e.TrainMACs(first) != want.MACs() {
		t.Errorf("spent %+v at a price of %v, want %+v", e.Spent(), e.TrainMACs(first), want)
	}
}

// A fitness update runs a forward and without its stem backward, to the data alone. All paths of b run, also those that
// a has.
func TestFitnessUpdatesCount(t *testing.T) {
	e := ledgerEngine(t)
	b := evolve.Arch{{0}, {3}, {1}}
	if _, err := e.Fitness(evolve.Step{Round: 1, Total: testSteps}, first, b); err != nil {
		t.Fatal(err)
	}
	const macs = 32 * (firstMACs + mbconv0 + conv1 + large2 + firstMACs - stemMACs)
	if want := (evolve.Ledger{Fitness: macs}); e.Spent() != want || e.FitnessMACs(first, b) != macs {
		t.Errorf("spent %+v at a price of %v, want %+v", e.Spent(), e.FitnessMACs(first, b), want)
	}
}

// Paths that share a beginning count once. The head, which has no BN, runs on held-out images alone.
func TestScoringCountsWhatIsSharedOnce(t *testing.T) {
	e := ledgerEngine(t)
	var n int
	score := func(archs ...evolve.Arch) evolve.Ledger {
		before := e.Spent()
		n = 0
		err := e.Score(context.Background(), archs, func(int, float64) error {
			if n++; e.Spent() == before {
				t.Error("an accuracy comes before its cost")
			}
			return nil
		})
		if err != nil || n != len(archs) {
			t.Fatalf("%d of %d architectures, %v", n, len(archs), err)
		}
		return e.Spent().Minus(before)
	}
	a, b, c := evolve.Arch{{0}, {3}, {}}, evolve.Arch{{0}, {3}, {1}}, evolve.Arch{{0}, {0}, {1}}
	const shared = stemMACs + mbconv0 + conv1 + mbconv1 + 2*large2
	want := evolve.Ledger{Calibration: 120 * shared, Scoring: 200 * (shared + 3*headMACs)}
	if got := score(a, b, c); got != want {
		t.Errorf("three architectures: %+v, want %+v", got, want)
	}
	if got := score(a, b, c, a, c); got != want {
		t.Errorf("with two of them again: %+v, want %+v", got, want)
	}
	for _, x := range []evolve.Arch{a, b, c, first} {
		if got := score(x).MACs(); got != e.ScoreMACs(x) {
			t.Errorf("%v alone: %v at a price of %v", x, got, e.ScoreMACs(x))
		}
	}
	together, both := score(a, first), stemMACs+mbconv0+large0+2*conv1
	if want := (evolve.Ledger{Calibration: float64(120 * both), Scoring: float64(200 * (both + 2*headMACs))}); together !=
		want {
		t.Errorf("operation 0 in two paths of a layer: %+v, want %+v", together, want)
	}
	e.net.sharing.floats = 0
	both += mbconv0
	want = evolve.Ledger{Calibration: float64(120 * both), Scoring: float64(200 * (both + 2*headMACs))}
	if got := score(a, first); got != want {
		t.Errorf("without room for its output: %+v, want %+v", got, want)
	}
}

func TestWhatFailsDoesNotCount(t *testing.T) {
	e := ledgerEngine(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := e.Score(ctx, testArchs, func(int, float64) error { return nil })
	if !errors.Is(err, context.Canceled) || e.Spent() != (evolve.Ledger{}) {
		t.Errorf("%v: spent %+v", err, e.Spent())
	}
}

// Operations outside the subset have a price too, which is that of the engine that has them.
func TestPricesOfTheWholePool(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	if got := e.TrainMACs(first); got != 3*32*firstMACs {
		t.Errorf("before the first round %v, want %v", got, 3*32*firstMACs)
	}
	if got := e.Batch(); got != 32 {
		t.Errorf("batches of %d", got)
	}
}
