// Command nse-elan serves the elan operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/elan"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(elan.Op()) }
