// Command nse-bsconv serves the bsconv operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/bsconv"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(bsconv.Op()) }
