// Command nse-uib serves the uib operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/uib"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(uib.Op()) }
