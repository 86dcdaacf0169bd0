// Command plugin-exec serves an operation with a kernel of its own.
package main

import (
	"github.com/nse-dev/nse/examples/plugin-exec/softpool"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(softpool.Op()) }
