// Command nse-msca serves the msca operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/msca"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(msca.Op()) }
