// Command nse-convmixer serves the convmixer operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/convmixer"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(convmixer.Op()) }
