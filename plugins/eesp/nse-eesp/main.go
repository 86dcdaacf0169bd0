// Command nse-eesp serves the eesp operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/eesp"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(eesp.Op()) }
