// Command nse-fusedmb serves the fusedmb operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/fusedmb"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(fusedmb.Op()) }
