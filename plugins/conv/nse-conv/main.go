// Command nse-conv serves the conv operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/conv"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(conv.Op()) }
