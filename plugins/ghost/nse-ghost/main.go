// Command nse-ghost serves the ghost operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/ghost"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(ghost.Op()) }
