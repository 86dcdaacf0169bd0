package safetensors_test

import (
	"fmt"
	"log"

	"github.com/nse-dev/nse/internal/safetensors"
)

func Example() {
	f := safetensors.File{
		Metadata: map[string]string{"round": "3"},
		Tensors:  []safetensors.Tensor{safetensors.NewFloat32("0.weight", []int{2, 1}, []float32{0.5, -1})},
	}
	b, err := f.Encode()
	if err != nil {
		log.Fatal(err)
	}
	back, err := safetensors.Decode(b)
	if err != nil {
		log.Fatal(err)
	}
	weight, _ := back.Tensor("0.weight")
	values, err := weight.Float32s()
	fmt.Println(back.Metadata, weight.DType, weight.Shape, values, err)
	// Output: map[round:3] F32 [2 1] [0.5 -1] <nil>
}
