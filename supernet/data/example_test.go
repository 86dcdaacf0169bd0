package data_test

import (
	"context"
	"fmt"
	"log"

	"github.com/nse-dev/nse/supernet/data"
)

func Example() {
	set, err := data.Open(context.Background(), "generated:600", data.Options{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	train, held, err := set.Train.Hold(100, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(train.Len(), "to train on,", held.Len(), "held out,", set.Test.Len(), "to test on")

	loader, err := data.NewLoader(set, train,
		data.Stream{Seed: 1, Batch: 32, Augment: data.Augment{CropPadding: 4, Flip: true}})
	if err != nil {
		log.Fatal(err)
	}
	defer loader.Close()
	for step := range 2 {
		b := loader.At(step)
		fmt.Println("step", step, "has", len(b.Labels), "images of", len(b.X)/len(b.Labels), "numbers, the first is a",
			set.Classes[b.Labels[0]])
	}
	// Output:
	// 500 to train on, 100 held out, 100 to test on
	// step 0 has 32 images of 3072 numbers, the first is a ring-over-frame
	// step 1 has 32 images of 3072 numbers, the first is a cross-over-triangle
}

func ExampleSet_Sequence() {
	set, err := data.Open(context.Background(), "generated:600", data.Options{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	for b := range set.Sequence(set.Test, 40) {
		fmt.Println(len(b.Labels))
	}
	// Output:
	// 40
	// 40
	// 20
}
