// Command nse-star serves the star operation as a plugin of its own.
package main

import (
	"github.com/nse-dev/nse/plugins/star"
	"github.com/nse-dev/nse/sdk/serve"
)

func main() { serve.Main(star.Op()) }
