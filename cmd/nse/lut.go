package main

import (
	"github.com/spf13/cobra"
)

func lutVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:   "lut",
		Short: "Measure what operations take on this machine",
		Long: `Measure how long each operation of a pool takes at each layer of a network on this machine, and write
that to a table, from which a search predicts the latency of an architecture: kind = "latency" and table = "FILE" in
[search.constraint].`,
		Example: `  nse lut build --pool pools/latency19.toml --config examples/latency.toml --out latency.json
  nse lut check latency.json --pool pools/latency19.toml`,
	}, lutBuildVerb(), lutCheckVerb())
}

// repeatsFlag adds --repeats.
func repeatsFlag(c *cobra.Command, repeats *int) {
	c.Flags().IntVar(repeats, "repeats", 100, "number of measurements of each")
}
