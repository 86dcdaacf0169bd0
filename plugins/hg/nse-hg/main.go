// Command nse-hg serves the hg operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/hg"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(hg.Op()) }
