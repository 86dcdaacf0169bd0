// Command nse-mbconv serves the mbconv operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/mbconv"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(mbconv.Op()) }
