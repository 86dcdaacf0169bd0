package nse_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve/methods"
)

// An architecture of the front is scaled to a budget, trained from scratch for one epoch, and written as ONNX.
func ExampleRetrain() {
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
	settings.Data.Spec, settings.Search.K, settings.Search.MaxRounds = "generated:200", 3, 1
	settings.Retrain.Epochs, settings.Retrain.Batch = 1, 20
	shipped, err := nse.Pools.ReadFile("ops.toml")
	if err != nil {
		log.Fatal(err)
	}
	ctx, folder := context.Background(), filepath.Join(dir, "run")
	run, err := nse.Start(ctx, folder, nse.Pool{Text: string(shipped)}, settings, nse.Options{})
	if err != nil {
		log.Fatal(err)
	}
	run.Close()

	models, err := nse.Retrain(ctx, folder, nse.RetrainOptions{Pick: "front-1", MACs: 2_000_000}, nse.Options{})
	if err != nil {
		log.Fatal(err)
	}
	model := models[0]
	fmt.Println(model.Model.Name, "within the budget:", model.Model.Count.MACs <= 2_000_000)

	network := filepath.Join(dir, "front-1.onnx")
	if err := nse.Export(ctx, model.Dir, nse.ExportOptions{ONNX: network, Normalise: true}, nse.Options{}); err != nil {
		log.Fatal(err)
	}
	info, err := os.Stat(network)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("written:", info.Size() > 0)
	// Output:
	// front-1 within the budget: true
	// written: true
}
