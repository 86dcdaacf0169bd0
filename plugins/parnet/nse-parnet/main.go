// Command nse-parnet serves the parnet operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/parnet"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(parnet.Op()) }
