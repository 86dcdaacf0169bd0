package registry_test

import (
	"context"
	"fmt"
	"os"

	"github.com/nse-dev/nse/plugins"
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

// A program with operations of its own needs no plugin process: it adds them to a pool and serves them itself.
func ExampleWithOps() {
	ctx := context.Background()
	halves := sdk.Op{
		Name: "halves",
		Doc:  "a pointwise convolution to half of the channels and a 3×3 one to all",
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().Conv1x1(l.Out/2, 1).BatchNormAct(l.Activation).ConvKxK(l.Out, 3, l.Stride, 1, 1), nil
		},
	}
	own := func(name string) (sdk.Op, bool) {
		if name == halves.Name {
			return halves, true
		}
		op, err := plugins.Builtin(name)
		return op, err == nil
	}
	text := registry.WithOps([]byte("[[plugin]]\nbuiltin = 'shuffle'\n[[plugin.op]]\nname = 'shuffle'\n"), halves)
	pool, err := registry.Parse(ctx, "ops.toml", text, ".", registry.Options{InProcess: own})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	for _, op := range pool.Ops {
		g, err := op.Graph(ctx, sdk.Layer{In: 16, Out: 24, Stride: 2, Height: 8, Width: 8})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(op.Name, "has", g.Count().Params, "parameters")
	}
	// Output:
	// shuffle has 908 parameters
	// halves has 2808 parameters
}
