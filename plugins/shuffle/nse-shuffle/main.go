// Command nse-shuffle serves the shuffle operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/shuffle"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(shuffle.Op()) }
