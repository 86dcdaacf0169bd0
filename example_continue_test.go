package nse_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve/methods"
)

// A search that has ended goes on in a second pool. Its front is what the second pool begins with.
func ExampleContinue() {
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
	first, err := nse.Pools.ReadFile("ops.toml")
	if err != nil {
		log.Fatal(err)
	}
	second, err := nse.Pools.ReadFile("pools/second45.toml")
	if err != nil {
		log.Fatal(err)
	}

	ctx, folder := context.Background(), filepath.Join(dir, "run")
	run, err := nse.Start(ctx, folder, nse.Pool{Text: string(first)}, settings, nse.Options{})
	if err != nil {
		log.Fatal(err)
	}
	run.Close()
	run, err = nse.Continue(ctx, folder, nse.Pool{Text: string(second)}, 1, nse.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	rounds, err := run.Rounds()
	if err != nil {
		log.Fatal(err)
	}
	history, err := run.History()
	if err != nil {
		log.Fatal(err)
	}
	kept, next := rounds[0].Kept[1], rounds[1].Subset[1]
	inherited := !slices.ContainsFunc(kept, func(op string) bool { return !slices.Contains(next, op) })
	fmt.Println(len(rounds), "rounds,", len(history), "operations, round 2 has what the front used:", inherited)
	// Output: 2 rounds, 72 operations, round 2 has what the front used: true
}
