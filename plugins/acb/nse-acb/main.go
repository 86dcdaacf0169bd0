// Command nse-acb serves the acb operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/acb"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(acb.Op()) }
