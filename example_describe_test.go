package nse_test

import (
	"context"
	"fmt"
	"log"

	"github.com/nse-dev/nse"
)

// What a published architecture costs follows from the graphs of its operations.
func ExampleDescribe() {
	d, err := nse.Describe(context.Background(), "nsenet-27", nse.ExportOptions{}, nse.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Params, "parameters,", d.MACs, "MACs")
	// Output: 4570464 parameters, 326325200 MACs
}
