package nse_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/sdk"
)

// bottleneck narrows the channels, convolves, and widens them again.
var bottleneck = sdk.Op{
	Name:  "bottleneck",
	Attrs: []sdk.Attr{{Name: "reduction", Short: "r", Doc: "how much narrower the middle is", Default: 2}},
	Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
		mid := max(1, l.In/a.Int("reduction"))
		x := g.Input().Conv1x1(mid, 1).BatchNormAct(l.Activation)
		x = x.ConvKxK(mid, 3, l.Stride, 1, 1).BatchNormAct(l.Activation)
		return x.Conv1x1(l.Out, 1).BatchNorm(), nil
	},
}

// A search on generated images, with an operation of the program beside operations that ship.
func Example() {
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
	settings.Data.Spec, settings.Search.K, settings.Search.MaxRounds = "generated:200", 3, 2

	shipped, err := nse.Pools.ReadFile("ops.toml")
	if err != nil {
		log.Fatal(err)
	}
	pool := nse.Pool{Text: string(shipped), Ops: []sdk.Op{bottleneck}}
	run, err := nse.Start(context.Background(), filepath.Join(dir, "run"), pool, settings, nse.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	history, err := run.History()
	if err != nil {
		log.Fatal(err)
	}
	front, err := run.Front()
	if err != nil {
		log.Fatal(err)
	}
	best := front.Architectures[len(front.Architectures)-1]
	fmt.Println(len(history), "operations")
	fmt.Printf("front of round %d: %d layers, costs in %s\n", front.Round, len(best.Ops), front.Unit)
	// Output:
	// 28 operations
	// front of round 2: 5 layers, costs in million MACs
}
