// Command nse-res2 serves the res2 operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/res2"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(res2.Op()) }
