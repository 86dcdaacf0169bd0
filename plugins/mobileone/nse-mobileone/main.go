// Command nse-mobileone serves the mobileone operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/mobileone"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(mobileone.Op()) }
