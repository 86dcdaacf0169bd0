// Command nse-osa serves the osa operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/osa"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(osa.Op()) }
