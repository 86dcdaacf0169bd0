// Command nse-repvgg serves the repvgg operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/repvgg"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(repvgg.Op()) }
