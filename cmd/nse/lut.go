package main

import (
	"fmt"

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

func checkRepeats(repeats int) error {
	if repeats < 1 || repeats > 10_000 {
		return fmt.Errorf("--repeats %d: want 1 to 10000", repeats)
	}
	return nil
}
