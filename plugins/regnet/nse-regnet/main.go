// Command nse-regnet serves the regnet operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/regnet"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(regnet.Op()) }
