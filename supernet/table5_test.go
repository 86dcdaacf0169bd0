package supernet

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet/data"
)

// The supernet of the paper's Table 5 (K = 5, 22 layers, 224×224 pixels, 1000 classes) takes a weight step and a
// fitness step and scores two architectures at batch 4 within 16 GiB.
func TestTable5FitsInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	e := table5(t)
	subset := slices.Repeat([]evolve.Path{{1, 6, 10, 18, 21}}, len(e.net.layers))
	if err := e.Begin(1, subset); err != nil {
		t.Fatal(err)
	}
	a, b := make(evolve.Arch, len(subset)), make(evolve.Arch, len(subset))
	for l := range subset {
		a[l], b[l] = subset[l][1:4], subset[l][l%5:l%5+1]
	}
	step := evolve.Step{Round: 1, Total: 1}
	if loss, err := e.Train(step, a); err != nil || !(loss > 3 && loss < 30) {
		t.Errorf("weight step: loss %v, error %v", loss, err)
	}
	if g, err := e.Fitness(step, b, a); err != nil || !(g.Loss > 3 && g.Loss < 30) {
		t.Errorf("fitness step: loss %v, error %v", g.Loss, err)
	}
	scored := 0
	if err := e.Score(context.Background(), []evolve.Arch{a, b}, func(int, float64) error {
		scored++
		return nil
	}); err != nil || scored != 2 {
		t.Errorf("scored %d architectures, error %v", scored, err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("activations %.2f GiB at most, memory from the system %.2f GiB", gib(uint64(e.net.session.Arena.Peak())),
		gib(m.Sys))
	if gib(m.Sys) > 16 {
		t.Errorf("%.2f GiB, want at most 16", gib(m.Sys))
	}
}

func gib(bytes uint64) float64 { return float64(bytes) / (1 << 30) }

// table5 is the engine on the shipped pool, through its plugins, with noise for images.
func table5(t *testing.T) *Engine {
	t.Helper()
	text, err := os.ReadFile("../ops.toml")
	if err != nil {
		t.Fatal(err)
	}
	pool, err := registry.Parse(context.Background(), "ops.toml", text, ".", processes())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	m, err := Built("flops")
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Skeleton(Input{Height: 224, Width: 224, Channels: 3, Classes: 1000})
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewNet(s, builder(pool.Ops), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	images := noise(8)
	set := &data.Set{Height: 224, Width: 224, Channels: 3,
		Normalization: data.Normalization{Mean: []float32{0.5, 0.5, 0.5}, Std: []float32{0.3, 0.3, 0.3}}}
	e := NewEngine(n, Source{Set: set, Train: images, Held: images},
		TrainConfig{Batch: 4, Epochs: 1, LR: 0.1, Momentum: 0.9}, ScoreConfig{Batch: 4, Images: 4, Reset: true})
	t.Cleanup(e.Close)
	return e
}

func noise(n int) data.Split {
	r := rand.New(rand.NewPCG(1, 2))
	s := data.Split{Images: make([][]uint8, n), Labels: make([]int32, n)}
	for i := range s.Images {
		s.Images[i] = make([]uint8, 224*224*3)
		for j := range s.Images[i] {
			s.Images[i][j] = uint8(r.Uint32())
		}
	}
	for i := range s.Labels {
		s.Labels[i] = r.Int32N(1000)
	}
	return s
}
