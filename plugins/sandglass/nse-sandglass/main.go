// Command nse-sandglass serves the sandglass operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/sandglass"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(sandglass.Op()) }
