// Command nse-ssc serves the ssc operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/ssc"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(ssc.Op()) }
