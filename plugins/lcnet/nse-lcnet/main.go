// Command nse-lcnet serves the lcnet operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/lcnet"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(lcnet.Op()) }
