// Command nse-dualconv serves the dualconv operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/dualconv"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(dualconv.Op()) }
