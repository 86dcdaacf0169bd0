// Command nse-mixconv serves the mixconv operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/mixconv"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(mixconv.Op()) }
