// Command nse-repvit serves the repvit operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/repvit"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(repvit.Op()) }
