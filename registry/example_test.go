package registry_test

import (
	"context"
	"fmt"
	"os"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

func ExampleLoad() {
	ctx := context.Background()
	// The command nse serves its built-in plugins itself; here the test binary does.
	self := []string{os.Args[0], "plugin"}
	pool, err := registry.Load(ctx, "../ops.toml", registry.Options{Self: self})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	op := pool.Ops[20]
	g, err := op.Graph(ctx, sdk.Layer{In: 16, Out: 24, Stride: 2, Height: 112, Width: 112})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(pool.Ops), "operations; number", op.ID, "is", op.Name, "from", op.Where)
	fmt.Println(g.Count().Params, "parameters,", g.Count().MACs, "multiply-accumulates")
	// Output:
	// 27 operations; number 20 is mbconv-k11-e6 from ../ops.toml:12:1
	// 15888 parameters, 62920704 multiply-accumulates
}
