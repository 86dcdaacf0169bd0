// Command nse-van serves the van operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/van"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(van.Op()) }
