// Command nse-inceptionnext serves the inceptionnext operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/inceptionnext"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(inceptionnext.Op()) }
