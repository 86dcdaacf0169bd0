package supernet

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/data"
)

// stepper is a net of mbconv and ssc operations, a batch of noise, and paths that steps take.
type stepper struct {
	*Net
	batch data.Batch
	archs []evolve.Arch
}

// newStepper is a net for images of size×size, with the channels of a stem, a normal layer, a reduction layer and a
// head.
func newStepper(t testing.TB, size, batch, workers int, channels ...int) *stepper {
	t.Helper()
	m := Macro{StemStride: 1, Layers: "NRN", Channels: channels[:2], Head: channels[2], Activation: sdk.ReLU}
	s, err := m.Skeleton(Input{Height: size, Width: size, Channels: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewNet(s, buildSteps, 1, workers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	subset := slices.Repeat([]evolve.Path{{0, 1, 2, 3}}, len(n.layers))
	if err := n.Fill(subset); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	b := data.Batch{X: make([]float32, batch*size*size*3), Labels: make([]int32, batch)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Labels {
		b.Labels[i] = r.Int32N(10)
	}
	return &stepper{n, b, []evolve.Arch{
		{{}, {0}, {1}}, {{0}, {1, 2}, {}}, {{0, 1, 2, 3}, {3}, {0, 2}}, {{1}, {0, 1, 2, 3}, {3}},
		{{2, 3}, {2}, {0, 1, 2}},
	}}
}

// buildSteps makes mbconv of kernels 3 and 5 of the even operations and ssc of the odd ones.
func buildSteps(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
	family, err := plugins.Builtin([]string{"mbconv", "ssc"}[op%2])
	if err != nil {
		return nil, err
	}
	return family.Graph(l, sdk.Attrs{"kernel": 3 + 2*int(op/2), "expand": 2})
}

func (s *stepper) step(t testing.TB, i int) {
	c := TrainConfig{Momentum: 0.9, WeightDecay: 1e-4}
	if _, err := s.Step(s.archs[i%len(s.archs)], s.batch, 0.001, c, uint64(i)); err != nil {
		t.Fatal(err)
	}
}

// all takes a step on each architecture.
func (s *stepper) all(t testing.TB) {
	for i := range s.archs {
		s.step(t, i)
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for workers := 1; workers <= 2; workers++ {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			s := newStepper(t, 12, 8, workers, 8, 16, 24)
			if n := testing.AllocsPerRun(5, func() { s.all(t) }); n != 0 {
				t.Errorf("steps on %d architectures allocate %v times", len(s.archs), n)
			}
		})
	}
}

func TestManyStepsKeepTheHeapAsItIs(t *testing.T) {
	steps := 10_000
	if testing.Short() {
		steps = 1000
	}
	s := newStepper(t, 2, 2, 1, 2, 2, 2)
	s.all(t)
	before := memory()
	for i := range steps {
		s.step(t, i)
	}
	after := memory()
	const slack = 1 << 18 // of the runtime and of testing, in bytes
	if after.HeapAlloc > before.HeapAlloc+slack || after.HeapSys > before.HeapSys+4<<20 {
		t.Errorf("after %d steps the heap holds %d bytes of %d, before %d of %d", steps, after.HeapAlloc, after.HeapSys,
			before.HeapAlloc, before.HeapSys)
	}
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// BenchmarkStep is a training step on 32×32 images, on a path of mixed widths.
func BenchmarkStep(b *testing.B) {
	s := newStepper(b, 32, 8, 1, 16, 32, 64)
	s.all(b)
	b.ReportAllocs()
	for b.Loop() {
		s.step(b, 2)
	}
}
