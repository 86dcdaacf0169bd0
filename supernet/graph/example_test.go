package graph_test

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// A 1×1 convolution that adds up two channels, forward and backward on a batch of two images of one pixel.
func ExampleCompile() {
	g := sdk.NewGraph(sdk.Shape{Height: 1, Width: 1, Channels: 2})
	y := g.Input().Conv1x1(1, 1)
	if err := g.Finish(y, y.Shape()); err != nil {
		panic(err)
	}
	block, err := graph.Compile("sum", g)
	if err != nil {
		panic(err)
	}
	copy(block.Params[0].Value, []float32{1, 1})

	s := &graph.Session{Pool: kernel.NewPool(1), Arena: new(graph.Arena), Batch: 2, Mode: graph.Train}
	defer s.Pool.Close()
	result, dx := make([]float32, 2), make([]float32, 4)
	block.Forward(s, result, []float32{1, 2, 3, 4})
	block.Backward(s, dx, []float32{1, 10})
	fmt.Println(result, dx, block.Params[0].Grad)
	// Output: [3 7] [1 1 10 10] [31 42]
}
