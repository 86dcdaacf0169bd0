package nse_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
)

// A cancelled search stands at a checkpoint. Resume takes it to the end that it would have had.
func ExampleResume() {
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

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	afterOneRound := func(e nse.Event) {
		if s, ok := e.(nse.Searched); ok && s.Body.Kind() == (evolve.Replenished{}).Kind() {
			cancel()
		}
	}
	folder := filepath.Join(dir, "run")
	_, err = nse.Start(ctx, folder, nse.Pool{Text: string(shipped)}, settings, nse.Options{Observe: afterOneRound})
	stopped, ok := errors.AsType[*nse.Stopped](err)
	if !ok {
		log.Fatal(err)
	}
	fmt.Println("stopped before round", stopped.Round)

	run, err := nse.Resume(context.Background(), folder, nse.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	reason, ended, err := run.Ended()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ended:", ended, "because", reason)
	// Output:
	// stopped before round 2
	// ended: true because round 2 is the last by max_rounds
}
