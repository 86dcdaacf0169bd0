package supernet

import (
	"math"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/graph"
)

func TestRateWarmsUpAndFallsAlongACosine(t *testing.T) {
	c := TrainConfig{Epochs: 10, LR: 0.4, WarmupLR: 0.1, WarmupEpochs: 2}
	for step, want := range map[int]float64{0: 0.1, 10: 0.25, 20: 0.4, 60: 0.2, 99: 0.4 * 0.00038547} {
		if got := c.Rate(evolve.Step{Round: 1, Index: step, Total: 100}); math.Abs(got-want) > 1e-7 {
			t.Errorf("step %d of 100: learning rate %v, want %v", step, got, want)
		}
	}
	c.WarmupEpochs = 0
	if got := c.Rate(evolve.Step{Round: 1, Total: 100}); got != 0.4 {
		t.Errorf("without warm-up the first learning rate is %v, want 0.4", got)
	}
}

// 150 images in batches of 32 are 4 updates an epoch, or as many as an epoch must have. 6000 are 187 either way.
func TestEpochsHaveALeastNumberOfSteps(t *testing.T) {
	for _, c := range []struct{ images, least, want int }{
		{150, 0, 9}, {150, 16, 32}, {150, 4, 9}, {6000, 16, 375}, {10, 0, 1}, {10, 3, 6},
	} {
		if got := (TrainConfig{Batch: 32, Epochs: 2, EpochSteps: c.least}).Steps(c.images); got != c.want {
			t.Errorf("%d images, at least %d steps an epoch: %d steps, want %d", c.images, c.least, got, c.want)
		}
	}
}

// With a gradient of zero only weight decay moves a weight, and it moves no vector.
func TestWeightDecaySparesVectors(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	before := map[string][]float32{}
	for name, p := range e.net.params() {
		for i := range p.Value {
			p.Value[i] += 0.5
		}
		before[name] = append([]float32(nil), p.Value...)
		clear(p.Grad)
	}
	a := testArchs[0]
	e.net.Update(a, 1, TrainConfig{WeightDecay: 0.5})
	vectors, others := 0, 0
	used := map[*float32]bool{}
	for _, b := range e.net.blocks(a) {
		for _, p := range b.Params {
			used[&p.Value[0]] = true
		}
	}
	for name, p := range e.net.params() {
		want := before[name][0]
		if used[&p.Value[0]] && len(p.Shape) > 1 {
			want /= 2
			others++
		} else {
			vectors++
		}
		if p.Value[0] != want {
			t.Errorf("%s of shape %v: %v became %v, want %v", name, p.Shape, before[name][0], p.Value[0], want)
		}
	}
	if vectors == 0 || others == 0 {
		t.Errorf("%d tensors stay, %d decay: want some of both", vectors, others)
	}
}

// The deviation of initial weights is √(2/fan-out), where groups do not divide the fan-out.
func TestInitialWeightsFollowTheFanOut(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	// The convolutions are 1×1 8→24, depthwise 5×5, and 1×1 24→8.
	want := []float64{math.Sqrt(2. / 24), math.Sqrt(2. / (24 * 25)), math.Sqrt(2. / 8)}
	for _, p := range e.net.layers[0].block(1).Params {
		if len(p.Shape) < 4 {
			continue
		}
		sum := 0.0
		for _, v := range p.Value {
			sum += float64(v) * float64(v)
		}
		if got := math.Sqrt(sum / float64(len(p.Value))); math.Abs(got/want[0]-1) > 0.2 {
			t.Errorf("%s of shape %v: deviation %.3f, want %.3f", p.Name, p.Shape, got, want[0])
		}
		want = want[1:]
	}
	if len(want) != 0 {
		t.Errorf("%d convolutions are missing", len(want))
	}
}

// An operation that a step does not sample stays, or coasts by PyTorch's rule for a gradient of 0 where it has been
// sampled: v ← m·v + d·w, w ← w − rate·(d·w + m·v).
func TestUnsampledOperationsStayOrCoast(t *testing.T) {
	for _, coast := range []bool{false, true} {
		s := newStepper(t, 4, 2, 1, 4, 6, 8)
		c := TrainConfig{Momentum: 0.9, WeightDecay: 0.01, Coast: coast}
		step := func(a evolve.Arch) {
			if _, err := s.Step(a, s.batch, 0.1, c, 1); err != nil {
				t.Fatal(err)
			}
		}
		step(evolve.Arch{{0}, {0}, {0}})
		moved := func(op evolve.OpID) map[*graph.Param][2][]float32 {
			before := map[*graph.Param][2][]float32{}
			for _, p := range s.layers[1].block(op).Params {
				if p.Init.Trained() {
					before[p] = [2][]float32{slices.Clone(p.Value), slices.Clone(s.momenta[p])}
				}
			}
			return before
		}
		sampled, never := moved(0), moved(1)
		step(evolve.Arch{{2}, {2}, {2}})
		for p, was := range sampled {
			decay := 0.01
			if len(p.Shape) == 1 {
				decay = 0
			}
			for i, w := range was[0] {
				d := decay * float64(w)
				v := 0.9*float64(was[1][i]) + d
				want := [2]float64{float64(w) - 0.1*(d+0.9*v), v}
				if !coast {
					want = [2]float64{float64(w), float64(was[1][i])}
				}
				for j, got := range []float32{p.Value[i], s.momenta[p][i]} {
					if math.Abs(float64(got)-want[j]) > 1e-6*(1+math.Abs(want[j])) {
						t.Fatalf("coast %v: %s has %v of %d, want %v", coast, p.Name, got, j, want[j])
					}
				}
			}
		}
		for p, was := range never {
			if !slices.Equal(p.Value, was[0]) || s.momenta[p] != nil {
				t.Errorf("coast %v: %s, never sampled, has moved", coast, p.Name)
			}
		}
	}
}
