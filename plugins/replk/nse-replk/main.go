// Command nse-replk serves the replk operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/replk"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(replk.Op()) }
