package nse_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/supernet"
)

// table is an engine that looks up what every operation is worth. An architecture is worth the mean over its layers.
type table []float64

func (table) Begin(int, []evolve.Path) error                  { return nil }
func (table) Train(evolve.Step, evolve.Arch) (float64, error) { return 0, nil }

// Fitness takes 1 − accuracy for the loss.
func (t table) Fitness(_ evolve.Step, a, b evolve.Arch) (g evolve.Gradient, err error) {
	for l := range a {
		g.A, g.B = append(g.A, -t.worth(a[l])), append(g.B, -t.worth(b[l]))
	}
	return g, nil
}

func (t table) Score(_ context.Context, archs []evolve.Arch, done func(i int, accuracy float64) error) error {
	for i, a := range archs {
		if err := done(i, t.worth(a...)); err != nil {
			return err
		}
	}
	return nil
}

func (t table) worth(layers ...evolve.Path) (mean float64) {
	for _, path := range layers {
		for _, op := range path {
			mean += t[op] / float64(len(path)*len(layers))
		}
	}
	return mean
}

// A search without images and without a network: the engine looks accuracies up.
func ExampleOptions_engine() {
	dir, err := os.MkdirTemp("", "nse")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	settings, err := nse.QuickSettings()
	if err != nil {
		log.Fatal(err)
	}
	settings.Search.Method = methods.NSE
	settings.Search.K, settings.Search.TrainSteps, settings.Search.Front.Samples = 2, 100, 200
	pool := nse.Pool{Text: `
		[[plugin]]
		builtin = "mbconv"
		[[plugin.op]]
		name = "mbconv"
		kernel = [3, 5]
		expand = [1, 3]`}
	worth := map[string]float64{"mbconv-k3-e1": 0.70, "mbconv-k3-e3": 0.80, "mbconv-k5-e1": 0.75, "mbconv-k5-e3": 0.85}
	engine := func(p evolve.Problem) (evolve.Engine, error) {
		t := make(table, len(p.Pool))
		for i, op := range p.Pool {
			t[i] = worth[op.Name]
		}
		return t, nil
	}
	input := supernet.Input{Height: 32, Width: 32, Channels: 3, Classes: 10}
	run, err := nse.Start(context.Background(), dir, pool, settings, nse.Options{Engine: engine, Input: input})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	front, err := run.Front()
	if err != nil {
		log.Fatal(err)
	}
	best := front.Architectures[len(front.Architectures)-1]
	fmt.Printf("%.3f for %.3f %s:\n%v\n", best.Accuracy, best.Cost, front.Unit, best.Ops)
	// Output:
	// 0.830 for 0.710 million MACs:
	// [[mbconv-k3-e3] [mbconv-k5-e3] [mbconv-k3-e3] [mbconv-k5-e3] [mbconv-k5-e3]]
}
