// Command nse-pconv serves the pconv operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/pconv"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(pconv.Op()) }
